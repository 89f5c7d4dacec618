/** What a statement is prepared with. */
interface Preparing {
  prepare(sql: string): unknown;
}

/** A value that is bound; a text or name that may have such a mark in it; or a pattern, of which SQLite ought to see how it begins. */
const MARK = /'[^']*'|"[^"]*"|\b(?:LIKE|GLOB|MATCH) \?|\?/g;

/**
 * Lets a connection keep what it has prepared. SQLite looks at a value that is bound to estimate by it, and prepares the statement anew once
 * another is: that takes ten times as long as to run it. Under a plus, which changes no value, it does not look.
 * @see https://sqlite.org/queryplanner-ng.html#the_query_planner_stability_guarantee
 */
export function keepPrepared(connection: Preparing): void {
  const prepare = connection.prepare.bind(connection);
  connection.prepare = (sql) => prepare(sql.replace(MARK, (found) => (found === '?' ? '+?' : found)));
}
