import { DatabaseSync } from 'node:sqlite'
import { openSqliteCatalog } from '#adapters/fs/catalog.ts'

/**
 * Each catalog writes down what changes in it. What is applied from the other side is stamped with the time of its first writing and is not
 * written down again: writers of SQLite come one after the other, so nobody else ever sees `applying` set.
 */
const TRIGGERS = `
  CREATE TABLE applying (is_on INTEGER NOT NULL); INSERT INTO applying VALUES (0);
  CREATE TABLE stamp (pk TEXT, sk TEXT, at REAL, PRIMARY KEY (pk, sk));
  CREATE TABLE change (seq INTEGER PRIMARY KEY, pk TEXT, sk TEXT, version INTEGER, value TEXT, at REAL);
  ${['INSERT', 'UPDATE', 'DELETE']
    .map(event => {
      const row = event === 'DELETE' ? 'old' : 'new'
      const left = event === 'DELETE' ? 'NULL, NULL' : 'new.version, new.value'
      return `CREATE TRIGGER on_${event} AFTER ${event} ON item WHEN (SELECT is_on FROM applying) = 0 BEGIN
        INSERT INTO change VALUES (NULL, ${row}.pk, ${row}.sk, ${left}, unixepoch('subsec') * 1000);
        -- Not REPLACE: within a trigger the statement outside decides what a conflict does.
        DELETE FROM stamp WHERE pk = ${row}.pk AND sk = ${row}.sk;
        INSERT INTO stamp VALUES (${row}.pk, ${row}.sk, unixepoch('subsec') * 1000);
      END;`
    })
    .join('\n')}`

interface Change {
  seq: number
  pk: string
  sk: string
  version: number | null
  value: string | null
  /** ms since 1970 */
  at: number
}

/**
 * A stand-in for a DynamoDB global table (MREC): two SQLite catalogs, in each of which somebody else works, get each other's changes after
 * `lagMs`; item by item, without their transactions; of two writes of one item the later one wins, by its time.
 * It follows what AWS documents of global tables and has not met one.
 */
export const globalTable = (files: readonly [string, string], lagMs: number) => {
  const sides = files.map(file => {
    openSqliteCatalog(file).close()
    const db = new DatabaseSync(file, { timeout: 5_000 })
    db.exec(TRIGGERS)
    return { db, sent: 0 }
  })
  let isCut = false

  const apply = (to: DatabaseSync, { pk, sk, version, value, at }: Change) => {
    to.exec('BEGIN IMMEDIATE; UPDATE applying SET is_on = 1')
    const stamp = to.prepare('SELECT at FROM stamp WHERE pk = ? AND sk = ?').get(pk, sk)
    if (Number(stamp?.at ?? 0) < at) {
      if (value === null) to.prepare('DELETE FROM item WHERE pk = ? AND sk = ?').run(pk, sk)
      else to.prepare('INSERT OR REPLACE INTO item VALUES (?, ?, ?, ?)').run(pk, sk, version, value)
      to.prepare('INSERT OR REPLACE INTO stamp VALUES (?, ?, ?)').run(pk, sk, at)
    }
    to.exec('UPDATE applying SET is_on = 0; COMMIT')
  }

  const send = () => {
    for (const [index, from] of sides.entries()) {
      const to = sides[1 - index]?.db
      const due = from.db
        .prepare('SELECT * FROM change WHERE seq > ? AND at <= ? ORDER BY seq')
        .all(from.sent, Date.now() - lagMs) as unknown as Change[]
      for (const change of due) {
        if (to) apply(to, change)
        from.sent = change.seq
      }
    }
  }

  const timer = setInterval(() => {
    if (!isCut) send()
  }, 20)

  const items = (side: number, pk: string) =>
    sides[side]?.db
      .prepare('SELECT sk, value FROM item WHERE pk = ? ORDER BY sk')
      .all(pk)
      .map(({ sk, value }) => ({ sk: String(sk), value: JSON.parse(String(value)) }))

  return {
    /** Nothing passes any more: what was written and not sent stays where it is. */
    cut: () => {
      isCut = true
    },
    /** What was held back passes, in both directions. */
    join: () => {
      isCut = false
    },
    /** What stands in one of the two. */
    items,
    close: () => {
      clearInterval(timer)
      for (const { db } of sides) db.close()
    },
  }
}
