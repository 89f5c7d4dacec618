import { findIdFault, suggestClientId } from '../../src/console/clients/client-id.js';

it.each([
  ['Sales board', 'sales-board'],
  [' Café Über 2 ', 'cafe-uber-2'],
  ['a・b', 'a-b'],
  ['v2.1 (beta)', 'v2.1-beta'],
  ['بوابة الطلبات v2', ''],
  ['销售 7', ''],
  ['Straße', ''],
  ['—', ''],
  ['x'.repeat(300), 'x'.repeat(100)],
])('suggests for %p the client id %p', (name, clientId) => {
  expect(suggestClientId(name)).toBe(clientId);
  if (clientId) expect(findIdFault(clientId)).toBeNull();
});
