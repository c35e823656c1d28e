"""How clients are pointed at Ringfence: what goes where, as data, and small writers. Touches nothing."""
