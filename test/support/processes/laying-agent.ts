/**
 * An agent that lays the content of a point into a folder, and never comes to its end: to be killed.
 * Arguments: the data directory, the id of the job. Says "writing" when some of it is there.
 */

import { layEndless } from '#test/support/recipes/endless.ts'

const [dataDir = '', jobId = ''] = process.argv.slice(2)
await layEndless(dataDir, jobId, { onWritten: () => process.stdout.write('writing\n') })
