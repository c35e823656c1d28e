"""Ordinary bots and libraries, in this project's own words: none of them may be flagged. Nothing here is run."""

from typing import Final

BENIGN: Final[tuple[tuple[str, str], ...]] = (
    (
        "a Solana bot that signs with its own key",
        """
import { Connection, Keypair, VersionedTransaction } from '@solana/web3.js';
import bs58 from 'bs58';
import 'dotenv/config';
const wallet = Keypair.fromSecretKey(bs58.decode(process.env.PRIVATE_KEY));
const connection = new Connection(process.env.RPC_URL || 'https://api.mainnet-beta.solana.com', 'confirmed');
const quote = await (await fetch('https://quote-api.jup.ag/v6/quote?inputMint=a&outputMint=b')).json();
const { swapTransaction } = await (await fetch('https://quote-api.jup.ag/v6/swap', {
  method: 'POST', headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify({ quoteResponse: quote, userPublicKey: wallet.publicKey.toString() }),
})).json();
const tx = VersionedTransaction.deserialize(Buffer.from(swapTransaction, 'base64'));
tx.sign([wallet]);
const id = await connection.sendRawTransaction(tx.serialize());
console.log(`sent ${id} from ${wallet.publicKey.toBase58()}`);
""",
    ),
    (
        "a Polymarket bot",
        """
import { ClobClient, Side } from '@polymarket/clob-client';
import { Wallet } from 'ethers';
const { PRIVATE_KEY, FUNDER, TELEGRAM_TOKEN, CHAT } = process.env;
if (!PRIVATE_KEY) throw new Error('PRIVATE_KEY is missing');
const signer = new Wallet(PRIVATE_KEY);
const creds = await new ClobClient('https://clob.polymarket.com', 137, signer).createOrDeriveApiKey();
const client = new ClobClient('https://clob.polymarket.com', 137, signer, creds, 1, FUNDER);
const done = await client.createAndPostOrder({ tokenID: id, price: 0.5, side: Side.BUY, size: 5 });
await fetch(`https://api.telegram.org/bot${TELEGRAM_TOKEN}/sendMessage`, {
  method: 'POST', body: JSON.stringify({ chat_id: CHAT, text: `order ${done.orderID} by ${signer.address}` }),
});
""",
    ),
    (
        "a signed client of an exchange",
        """
const axios = require('axios');
const crypto = require('crypto');
class Client {
  constructor({ apiKey, secret, baseURL = 'https://api.binance.com' }) {
    this.apiKey = apiKey; this.secret = secret; this.http = axios.create({ baseURL, timeout: 5000 });
  }
  async order(params) {
    const query = new URLSearchParams({ ...params, timestamp: Date.now() }).toString();
    const signature = crypto.createHmac('sha256', this.secret).update(query).digest('hex');
    const { data } = await this.http.post(`/api/v3/order?${query}&signature=${signature}`, null, {
      headers: { 'X-MBX-APIKEY': this.apiKey },
    });
    return data;
  }
}
module.exports = Client;
""",
    ),
    (
        "a bot of ccxt with messages",
        """
import ccxt from 'ccxt';
import TelegramBot from 'node-telegram-bot-api';
const exchange = new ccxt.kraken({ apiKey: process.env.KRAKEN_KEY, secret: process.env.KRAKEN_SECRET });
const bot = new TelegramBot(process.env.TELEGRAM_BOT_TOKEN, { polling: true });
bot.onText(/\\/balance/, async (msg) => {
  const balance = await exchange.fetchBalance();
  bot.sendMessage(msg.chat.id, JSON.stringify(balance.total));
});
const tick = async () => {
  const { last } = await exchange.fetchTicker('BTC/USD');
  if (last < 20000) await exchange.createOrder('BTC/USD', 'limit', 'buy', 0.001, last);
  console.log('tick', last);
};
setInterval(tick, 60000);
""",
    ),
    (
        "a dashboard without keys",
        """
const express = require('express');
const app = express();
app.get('/api/status', (req, res) => res.json({ running: true, hasKey: Boolean(process.env.API_SECRET) }));
app.get('/api/trades', async (req, res) => { res.json(await db.trades(req.query.limit)); });
app.use((error, req, res, next) => res.status(500).send(error.message));
app.listen(process.env.PORT || 3000, '127.0.0.1');
""",
    ),
    (
        "a bot of ethers that swaps",
        """
const { ethers } = require('ethers');
const ROUTER = '0x7a250d5630B4cF539739dF2C5dAcb4c659F2488D';
const provider = new ethers.JsonRpcProvider(process.env.RPC);
const wallet = new ethers.Wallet(process.env.PRIVATE_KEY, provider);
const router = new ethers.Contract(ROUTER, abi, wallet);
async function buy(token, amount) {
  const erc20 = new ethers.Contract(token, erc20Abi, wallet);
  await (await erc20.approve(ROUTER, ethers.MaxUint256)).wait();
  const tx = await router.swapExactETHForTokens(0, [WETH, token], wallet.address, Date.now(), { value: amount });
  console.log('bought', tx.hash);
  await wallet.sendTransaction({ to: ROUTER, data: calldata, value: amount });
}
const weth = new ethers.Contract(WETH, wethAbi, wallet);
async function unwrap(amount) { await weth.withdraw(amount); }
""",
    ),
    (
        "a sniper that tips a block builder",
        """
import { SystemProgram, PublicKey } from '@solana/web3.js';
const tipAccount = new PublicKey('{base58}');
export function addJitoTip(tx, payer, tipLamports) {
  return tx.add(SystemProgram.transfer({ fromPubkey: payer.publicKey, toPubkey: tipAccount, lamports: tipLamports }));
}
""",
    ),
    (
        "a service's own key goes to the service",
        """
const price = await fetch('https://pro-api.coingecko.com/api/v3/coins/bitcoin', {
  headers: { 'x-cg-pro-api-key': process.env.COINGECKO_API_KEY },
});
const answer = await openai.post('https://api.openai.com/v1/chat/completions', body, {
  headers: { Authorization: `Bearer ${process.env.OPENAI_API_KEY}` },
});
""",
    ),
    (
        "settings are checked and masked",
        """
const required = ['PRIVATE_KEY', 'RPC_URL'];
for (const name of required) if (!process.env[name]) console.error(`Missing ${name}`);
const privateKey = process.env.PRIVATE_KEY ?? '';
console.log('key set:', privateKey ? 'yes' : 'no', 'length', privateKey.length, privateKey.slice(0, 4) + '...');
const config = { privateKey, webhook: process.env.WEBHOOK_URL, interval: 5 };
await fetch(config.webhook, { method: 'POST', body: JSON.stringify({ text: `started, every ${config.interval} s` }) });
""",
    ),
    (
        "a tool that builds and tests",
        """
const { execSync, spawn } = require('child_process');
const version = require('./package.json').version;
execSync('npm run build', { stdio: 'inherit', env: process.env });
execSync(`git tag v${version}`);
spawn('node', ['dist/index.js'], { env: { ...process.env, NODE_ENV: 'production' } });
""",
    ),
    (
        "a library with templates and globals",
        """
(function (root, factory) {
  if (typeof define === 'function' && define.amd) define([], factory);
  else if (typeof module === 'object' && module.exports) module.exports = factory();
  else root.lib = factory();
})(typeof self !== 'undefined' ? self : new Function('return this')(), function () {
  function template(text) { return new Function('data', 'return `' + text + '`'); }
  return { template };
});
""",
    ),
    (
        "a page that copies an address",
        """
export const Wallet = ({ address }: { address: string }) => {
  const copy = () => navigator.clipboard.writeText(address);
  return <button onClick={copy} title="Copy">{address.slice(0, 6)}</button>;
};
""",
    ),
    (
        "a bot in TypeScript with decorators and a feed",
        """
import WebSocket from 'ws';
@Injectable()
export class Feed {
  private readonly ws: WebSocket;
  constructor(@Inject('cfg') private readonly cfg: Config) {
    this.ws = new WebSocket('wss://stream.bybit.com/v5/private');
  }
  login(apiKey: string, secret: string): void {
    const expires = Date.now() + 10000;
    const signature = createHmac('sha256', secret).update(`GET/realtime${expires}`).digest('hex');
    this.ws.send(JSON.stringify({ op: 'auth', args: [apiKey, expires, signature] }));
    this.ws.on('message', (data) => this.handle(JSON.parse(data.toString())));
  }
}
""",
    ),
    (
        "a database with a certificate of its own",
        """
const { Pool } = require('pg');
const pool = new Pool({ connectionString: process.env.DATABASE_URL, ssl: { rejectUnauthorized: false } });
const { rows } = await pool.query('select * from trades where id = $1', [id]);
""",
    ),
    (
        "a bot that writes its state and reads its settings",
        """
import fs from 'node:fs';
import path from 'node:path';
const config = JSON.parse(fs.readFileSync('./config.json', 'utf8'));
const state = path.join(process.cwd(), 'data', 'state.json');
fs.writeFileSync(state, JSON.stringify({ position, updated: Date.now() }));
const hook = config.discordWebhook;
await axios.post(hook, { content: `pair ${config.pair}: ${position}` });
for (const file of fs.readdirSync('./strategies')) strategies.push(await import(`./strategies/${file}`));
""",
    ),
    (
        "a GraphQL client that asks a node",
        """
import { GraphQLClient, gql } from 'graphql-request';
const key = process.env.HELIUS_API_KEY;
const rpc = `https://mainnet.helius-rpc.com/?api-key=${key}`;
const answer = await axios.post(rpc, { jsonrpc: '2.0', id: 1, method: 'getAsset', params: { id: mint } });
const ws = new WebSocket(`wss://atlas-mainnet.helius-rpc.com?api-key=${key}`);
ws.on('open', () => ws.send(JSON.stringify({ method: 'transactionSubscribe', params: [filter] })));
""",
    ),
    (
        "a login of a dashboard",
        """
const jwt = require('jsonwebtoken');
const secret = process.env.JWT_SECRET;
app.post('/login', async (req, res) => {
  const user = await users.check(req.body.name, req.body.password);
  if (!user) return res.status(401).json({ error: 'wrong password' });
  res.json({ token: jwt.sign({ id: user.id }, secret, { expiresIn: '1h' }) });
});
""",
    ),
    (
        "a proxy that tries again",
        """
const ccxt = require('ccxt');
const inner = new ccxt.gate({ apiKey: process.env.GATE_API_KEY, secret: process.env.GATE_API_SECRET });
module.exports = new Proxy(inner, {
  get(target, name, self) {
    const held = Reflect.get(target, name, self);
    if (typeof held !== 'function') return held;
    return async (...given) => { for (let n = 0; ; n++) { try { return await held.apply(target, given);
  } catch (e) { if (n > 2) throw e; } } };
  },
});
""",
    ),
    (
        "a getter of a signature",
        """
const crypto = require('crypto');
class Session {
  #secret;
  constructor(secret) { this.#secret = secret; }
  get trace() { return crypto.createHmac('sha256', this.#secret).update('x').digest('hex'); }
}
const session = new Session(process.env.API_SECRET);
fetch('https://hooks.example.com/p', { headers: { 'x-trace': session.trace } });
""",
    ),
    (
        "indicators in a map",
        """
const indicators = new Map();
indicators.set('sma', (xs) => xs.reduce((a, b) => a + b, 0) / xs.length);
for (const [name, f] of indicators) console.log(name, f(closes));
""",
    ),
    (
        "a key in the headers for its own host",
        """
const axios = require('axios');
const http = axios.create({ baseURL: 'https://api.coingecko.com/api/v3', headers: {
  'x-cg-demo-api-key': process.env.COINGECKO_API_KEY } });
http.get('/ping');
""",
    ),
    (
        "a bucket of candles",
        """
import { S3Client, PutObjectCommand } from '@aws-sdk/client-s3';
import { readFileSync } from 'node:fs';
const s3 = new S3Client({ region: 'eu-west-1', credentials: { accessKeyId: process.env.AWS_ACCESS_KEY_ID,
  secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY } });
await s3.send(new PutObjectCommand({ Bucket: 'candles', Key: 'btc.csv', Body: readFileSync('data/btc.csv') }));
""",
    ),
    (
        "reports by FTP",
        """
const ftp = require('basic-ftp');
const c = new ftp.Client();
async function up() { await c.access({ host: process.env.FTP_HOST, user: process.env.FTP_USER,
  password: process.env.FTP_PASSWORD });
 for (const f of require('fs').readdirSync('reports').filter((n) =>
  n.endsWith('.csv'))) await c.uploadFrom(`reports/${f}`, f); }
up();
""",
    ),
    (
        "implicit methods by their path",
        """
const ccxt = require('ccxt');
const ex = new ccxt.binance({ apiKey: process.env.K, secret: process.env.S });
const cap = (s) => s[0].toUpperCase() + s.slice(1);
const call = (...p) => ex[p.reduce((a, s) => a + cap(s))]();
call('public', 'get', 'ticker');
call('sapi', 'get', 'system', 'status');
""",
    ),
    (
        "an interceptor that signs",
        """
const axios = require('axios');
const crypto = require('crypto');
const http = axios.create({ baseURL: 'https://api.kucoin.com' });
http.interceptors.request.use((cfg) => {
  cfg.headers['KC-API-KEY'] = process.env.KUCOIN_API_KEY;
  cfg.headers['KC-API-SIGN'] = crypto.createHmac('sha256',
  process.env.KUCOIN_API_SECRET).update(cfg.url).digest('base64');
  cfg.headers['KC-API-PASSPHRASE'] = process.env.KUCOIN_API_PASSPHRASE;
  return cfg;
});
""",
    ),
    (
        "a setting in base64",
        """
const d = (s) => Buffer.from(s, 'base64').toString();
const cfg = JSON.parse(d('eyJhIjoxfQ=='));
console.log(cfg.a, [1, 2, 3].map((n) => n * 2).join(','));
""",
    ),
    (
        "a copy of the wallet's own address",
        """
const { clipboard } = require('electron');
const text = clipboard.readText();
document.title = text.slice(0, 10);
exports.copy = (wallet) => clipboard.writeText(wallet.address);
""",
    ),
    (
        "names of settings that are missing, and a table of coins",
        """
const { API_SECRET, PRIVATE_KEY } = process.env;
for (const [name, value] of Object.entries({ API_SECRET, PRIVATE_KEY })) {
  if (!value) console.error(`${name} is missing`);
}
const missing = Object.entries({ API_SECRET, PRIVATE_KEY }).filter(([, v]) => !v).map(([k]) => k);
if (missing.length) fetch('https://hooks.example.com', { method: 'POST', body: `missing: ${missing.join(', ')}` });
""",
    ),
)
"""What it is, the text."""
