// A bot of a few lines with ccxt for JavaScript: reads what `point` said from its input, trades, prints what it did.

import { readFileSync, writeFileSync } from 'node:fs';

const SYMBOL = 'BTC/USDT';

function insist(so, what) {
    if (!so) {
        throw new Error(`not as expected: ${what}`);
    }
}

async function byRest(exchange, price, did) {
    const placed = await exchange.createOrder(SYMBOL, 'limit', 'buy', 0.001, price);
    did.push('ordered');
    insist((await exchange.cancelOrder(placed.id, SYMBOL)).status === 'canceled', 'cancelled');
    did.push('cancelled');
}

async function byWebSocket(exchange, price, did) {
    insist((await exchange.watchTrades(SYMBOL))[0].price > 0, 'a trade with a price');
    did.push('market data by WebSocket');
    const hearing = exchange.watchOrders(SYMBOL);
    await new Promise((then) => setTimeout(then, 1000));
    const placed = await exchange.createOrderWs(SYMBOL, 'limit', 'buy', 0.001, price);
    did.push('ordered by WebSocket');
    insist((await hearing).at(-1).id === placed.id, 'its own order');
    did.push('heard of it');
    insist((await exchange.cancelOrderWs(placed.id, SYMBOL)).status === 'canceled', 'cancelled by WebSocket');
}

const given = JSON.parse(readFileSync(0, 'utf8'));
const written = new URL('told.mjs', import.meta.url);
writeFileSync(written, `${given.text}\nexport { exchange };\n`); // what the owner is told to write, to the letter
const { exchange } = await import(written);

const did = [];
await exchange.loadMarkets();
await byRest(exchange, given.price, did);
if (exchange.has.ws) { // of ccxt.pro
    await byWebSocket(exchange, given.price, did);
    await exchange.close();
}
console.log(`SAID ${JSON.stringify({ did })}`);
process.exit(0);
