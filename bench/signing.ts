import { generateKeyPairSync, type KeyObject, sign, webcrypto } from 'node:crypto';
import { median } from './client.ts';
import { Report } from './report.ts';

const ROUNDS = 7;
const AT_ONCE = 32;
/** As long as the header and the claims of a token. */
const DATA = Buffer.alloc(420, 'x');

interface Algorithm {
  type: string;
  options: object;
  hash: string | null;
  webCrypto: [
    key: webcrypto.EcKeyImportParams | webcrypto.RsaHashedImportParams | webcrypto.Algorithm,
    sign: webcrypto.EcdsaParams | webcrypto.Algorithm,
  ];
  /** How many signatures a round makes. */
  count: number;
}

/** The algorithms of access tokens, as Node's two interfaces name them. */
const ALGORITHMS: Record<string, Algorithm> = {
  ES256: {
    type: 'ec',
    options: { namedCurve: 'P-256' },
    hash: 'sha256',
    webCrypto: [{ name: 'ECDSA', namedCurve: 'P-256' }, { name: 'ECDSA', hash: 'SHA-256' } as webcrypto.EcdsaParams],
    count: 4000,
  },
  EdDSA: { type: 'ed25519', options: {}, hash: null, webCrypto: [{ name: 'Ed25519' }, { name: 'Ed25519' }], count: 4000 },
  RS256: {
    type: 'rsa',
    options: { modulusLength: 2048 },
    hash: 'sha256',
    webCrypto: [{ name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, { name: 'RSASSA-PKCS1-v1_5' }],
    count: 500,
  },
};

/** What a way of signing comes to for one signature, in microseconds. */
interface Cost {
  wall: number;
  processor: number;
  mainThread: number;
}

/** What a signature costs, by algorithm: on the main thread, in the thread pool, and by WebCrypto. */
export async function benchSigning(): Promise<void> {
  const report = new Report('signing');
  const rows: object[] = [];
  for (const [name, algorithm] of Object.entries(ALGORITHMS)) {
    const ways = await waysOf(algorithm);
    const costs = new Map<string, Cost[]>(ways.map(([way]) => [way, []]));
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [way, makeOne] of ways) costs.get(way)?.push(await measure(makeOne, algorithm.count));
    }
    for (const [way, own] of costs) {
      const of = (figure: keyof Cost) => median(own.map((cost) => cost[figure])).toFixed(1);
      rows.push({ algorithm: name, way, 'µs each': of('wall'), 'processor µs': of('processor'), 'main thread µs': of('mainThread') });
    }
  }
  report.table(`A signature: ${ROUNDS} rounds in turns, ${AT_ONCE} at a time, medians`, rows);
  report.close();
}

type Way = [name: string, makeOne: () => unknown];

async function waysOf({ type, options, hash, webCrypto }: (typeof ALGORITHMS)[string]): Promise<Way[]> {
  const { privateKey } = generateKeyPairSync(type as 'ec', options as { namedCurve: string }) as unknown as { privateKey: KeyObject };
  const [keyAlgorithm, signAlgorithm] = webCrypto;
  const key = await webcrypto.subtle.importKey('jwk', privateKey.export({ format: 'jwk' }) as webcrypto.JsonWebKey, keyAlgorithm, false, [
    'sign',
  ]);
  const bag = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const;
  return [
    ['main thread', () => sign(hash, DATA, privateKey)],
    ['main thread, options beside the key', () => sign(hash, DATA, bag)],
    [
      'thread pool',
      () =>
        new Promise((resolve, reject) => sign(hash, DATA, privateKey, (error, signature) => (error ? reject(error) : resolve(signature)))),
    ],
    ['WebCrypto', () => webcrypto.subtle.sign(signAlgorithm, key, DATA)],
  ];
}

async function measure(makeOne: () => unknown, count: number): Promise<Cost> {
  const [began, processor, thread] = [performance.now(), process.cpuUsage(), process.threadCpuUsage()];
  for (let made = 0; made < count; made += AT_ONCE) await Promise.all(Array.from({ length: AT_ONCE }, makeOne));
  const wall = ((performance.now() - began) * 1000) / count;
  const [own, main] = [process.cpuUsage(processor), process.threadCpuUsage(thread)];
  return { wall, processor: (own.user + own.system) / count, mainThread: (main.user + main.system) / count };
}
