import { writeFile } from 'node:fs/promises'
import { createFreezer } from '#gateway-agent/guest/freeze/freezer.ts'
import { systemGuard } from '#gateway-agent/guest/freeze/guard.ts'
import { type Helper, startHelper } from '#gateway-agent/guest/freeze/start-helper.ts'

/*
 * An agent that freezes, to be killed. Arguments: ms to hold, ms after which it thaws (or "never"), file of its mark, mount points. Says what it does, one JSON a line.
 */
const [ms = '', thawAfter = '', markFile = '', ...mounts] = process.argv.slice(2)
const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`)

const helpers: Helper[] = []
const freezer = createFreezer(
  marked => writeFile(markFile, JSON.stringify(marked)),
  systemGuard(),
  () => {
    const helper = startHelper()
    helpers.push(helper)
    return helper
  },
)
say({ ready: process.pid, helpers: helpers.map(({ pid }) => pid) })
try {
  const frozen = await freezer.freeze({ lease: 'test', mounts, ms: Number(ms) })
  say({ frozen: true, leftMs: Math.round(frozen.leftMs()) })
  if (thawAfter === 'never') await new Promise(() => setInterval(() => undefined, 1_000))
  await new Promise(resolve => setTimeout(resolve, Number(thawAfter)))
  say({ thawed: true, why: (await frozen.thaw()) ?? null })
} catch (error) {
  say({ refused: (error as Error).message })
}
await freezer.close()
say({ closed: true })
