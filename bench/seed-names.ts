/** What a client is called. */
export interface Names {
  name: string;
  clientId: string;
}

const SUBJECTS =
  'Accounting Address Alerting Analytics Archive Assets Audit Backoffice Billing Booking Budget Calendar Campaign Capacity Cargo Catalogue Checkout Claims Compliance Contracts Courier Credit Currency Customer Customs Dashboard Delivery Dispatch Documents Dunning Energy Events Fleet Forecast Fraud Freight Fulfilment Grid Identity Imports Incident Insurance Inventory Invoice Journal Kitchen Labels Ledger Loans Loyalty Mailing Maintenance Market Metering Mobile Newsletter Onboarding Orders Parcel Partner Payments Payroll Planning Pricing Procurement Products Profile Purchase Quality Quotes Ratings Recruiting Refunds Reporting Returns Risk Routing Sales Scheduling Search Settlement Shipping Signup Stock Subscriptions Supplier Support Tariff Tax Telemetry Ticketing Timesheet Tracking Training Treasury Vouchers Warehouse Weather Webshop Workshop Zoning'.split(
    ' ',
  );
const KINDS =
  'Adapter Agent API App Archiver Backend Batch Bot Bridge Broker Cache Client Collector Connector Consumer Crawler Daemon Engine Exporter Feed Gateway Importer Indexer Job Listener Loader Mapper Mirror Monitor Notifier Portal Processor Proxy Publisher Reader Relay Replicator Runner Scanner Scheduler Sender Service Sink Sync Uploader Validator Watcher Worker'.split(
    ' ',
  );
const PLACES = [
  '',
  '',
  '',
  'EU',
  'US',
  'APAC',
  'Berlin',
  'Dublin',
  'Lagos',
  'Lyon',
  'Osaka',
  'Riyadh',
  'Toronto',
  'Zürich',
  'São Paulo',
  'Kraków',
];
const STAGES = ['prod', 'prod', 'prod', 'staging', 'test', 'dev', 'sandbox', 'uat', 'demo'];
/** One name in a thousand is one that no keyboard has at hand. */
const RARE = ['مبيعات الرياض', 'فواتير', '東京配送', 'Žluťoučký kůň', '🚚 Fleet', '🦄', 'Ελλάδα', 'Доставка'];
const RARE_ONE_IN = 1000;

/** Numbers from 0 up to 1 that look random and are the same for the same seed. @see https://en.wikipedia.org/wiki/Linear_congruential_generator */
export function createRandom(seed: number): () => number {
  let state = BigInt(seed);
  return () => {
    state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n);
    return Number(state >> 11n) / 2 ** 53;
  };
}

/** Names for clients, the same for the same seed; no two client ids are equal. */
export function createNames(seed: number): () => Names {
  const random = createRandom(seed);
  const pick = (words: readonly string[]) => words[Math.floor(random() * words.length)] as string;
  let made = 0;
  return () => {
    const number = String(made++ + 1);
    const words = [pick(SUBJECTS), ...(random() < 0.3 ? [pick(SUBJECTS)] : []), pick(KINDS)];
    const [place, stage] = [pick(PLACES), pick(STAGES)];
    const isRare = random() < 1 / RARE_ONE_IN;
    const title = [...(isRare ? [pick(RARE)] : []), ...words, place].filter((word) => word !== '').join(' ');
    const suffix = random() < 0.5 ? number.padStart(7, '0') : `r${Number(number).toString(36)}`;
    const shown = random() < 0.6 ? `${title} (${stage})` : `${title} ${stage} ${number}`;
    return { name: shown, clientId: `${slug([...words, place, stage])}-${suffix}` };
  };
}

function slug(words: readonly string[]): string {
  const plain = words
    .filter((word) => word !== '')
    .join('-')
    .normalize('NFKD');
  return plain
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9-]+/g, '-')
    .toLowerCase();
}
