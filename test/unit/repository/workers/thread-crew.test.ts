import { expect, test } from 'vitest'
import { recordIdWith } from '#repository/crypto/keys.ts'
import { ThreadCrew } from '#repository/workers/thread-crew.ts'

/*
 * Starting threads costs as much as 30 MiB of chunks, so a little work is done without them. Steps: threads that cannot start, and a crew that may work on 16
 * bytes alone. Passes when 16 bytes come back right, and the next one needs a thread; when a crew that is closed does nothing more.
 */

const broken = { entry: new URL('data:text/javascript,throw new Error("no")'), alone: 16 }
const task = { op: 'identify' as const, idKey: new Uint8Array(32), plaintext: new Uint8Array(8) }

test('a little is done without threads, more is not', async () => {
  const crew = new ThreadCrew(1, broken)
  const id = recordIdWith(task.idKey, task.plaintext)
  for (const done of [crew.run(task), crew.run(task)]) expect(await done).toEqual({ id })
  await expect(crew.run(task)).rejects.toMatchObject({ code: 'CHUNK_WORKER_FAILED' })
  await crew.close()
})

test('what was not begun when it was closed fails', async () => {
  const crew = new ThreadCrew(1, broken)
  const late = crew.run(task)
  await Promise.all([
    crew.close(),
    expect(late).rejects.toMatchObject({ code: 'CHUNK_WORKER_FAILED' }),
  ])
})
