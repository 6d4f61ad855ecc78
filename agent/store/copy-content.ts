import type { Connection } from './connection.ts';

/** Everything that is remembered; the records of the migrations belong to each database itself. */
const TABLES = ['events', 'holds', 'attempts', 'deaths', 'provisioning', 'kv'];

/** Makes the content of `to` that of `from`, in one transaction. Both must be at our schema. Error: SqliteError. */
export function copyContent(from: Connection, to: Connection): void {
  const copyTable = (table: string) => {
    const rows = from.prepare<[], unknown[]>(`SELECT * FROM ${table} ORDER BY rowid`).raw();
    const places = rows.columns().map(() => '?');
    const insert = to.prepare(`INSERT INTO ${table} VALUES (${places.join(', ')})`);
    to.exec(`DELETE FROM ${table}`);
    for (const row of rows.iterate()) insert.run(...row);
  };
  to.transaction(() => {
    for (const table of TABLES) copyTable(table);
  }).immediate();
}
