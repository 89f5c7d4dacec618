/** From this part of all requests on, refusals are many. */
const MANY = 0.1;

/** How many requests were issued a token and refused one in some hours, and whether the refusals are many. */
export function countRequests(hours: readonly { issued: number; refused: number }[]) {
  const issued = hours.reduce((sum, hour) => sum + hour.issued, 0);
  const refused = hours.reduce((sum, hour) => sum + hour.refused, 0);
  return { issued, refused, areManyRefused: refused > 0 && refused / (issued + refused) >= MANY };
}
