// npm run --silent sbom > latchkey.cdx.json: what is shipped, as CycloneDX.
import { makeBill } from '../supply/bill-of-materials.ts';

process.stdout.write(`${JSON.stringify(makeBill(), null, 2)}\n`);
