// npm run licences: writes docs/licences.md.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderLicences } from '../supply/licence-list.ts';

writeFileSync(join(import.meta.dirname, '../docs/licences.md'), renderLicences());
