import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import type { Calls, Counts } from '#core/costs/counts.ts'
import { TICK_NAMES, TICKS } from '#core/costs/ticks.ts'
import { count } from './control-plane/count.ts'

/*
 * What does the control plane ask of AWS: for a gateway that has nothing to do, for a heartbeat, for a backup, for a run? The handlers of the
 * product, its state machines and a scripted gateway run in this process; every call, capacity unit and transition is counted. The figures are
 * what docs/cost.md and "xenkeep cost" reckon with.
 */

const HELP = `npm run bench:control-plane [-- OPTIONS]
  --vms N    VMs of the run that is looked at (default 50)
  --write    keeps the counts in core/costs/counted-DATE.ts
  --json     one JSON document`

const { values } = parseArgs({
  options: {
    vms: { type: 'string', default: '50' },
    write: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

const FILE = 'core/costs/counted-2026-11-23.ts'
const table = (counts: Counts): string => {
  const row = (name: string, calls: Calls) =>
    [name.padEnd(30), ...Object.values(calls).map(value => String(value).padStart(12))].join('')
  const rows = [
    row('poll of an idle gateway', counts.idlePoll),
    row('poll of a busy one', counts.busyPoll),
    row('heartbeat', counts.heartbeat),
    row('inventory of 50 VMs', counts.inventory),
    row('backup of one VM', counts.backup),
    row('run', counts.run),
    ...TICK_NAMES.map(name => row(`${name}, each ${TICKS[name]} min`, counts.ticks[name])),
  ]
  const head = ['', ...Object.keys(counts.idlePoll)]
  return [
    head[0]?.padEnd(30) +
      head
        .slice(1)
        .map(name => name.padStart(12))
        .join(''),
    ...rows,
    `a backup leaves ${counts.backupBytes} bytes in the catalog; calls of the store, packs left out: ${JSON.stringify(counts.store)}`,
  ].join('\n')
}

if (values.help) console.log(HELP)
else {
  const counts = await count(Number(values.vms))
  console.log(values.json ? JSON.stringify(counts) : table(counts))
  if (values.write) {
    const text = `import type { Counts } from './counts.ts'

/** Written by \`npm run bench:control-plane -- --write\`; do not change by hand. */
export const counted: Counts = ${JSON.stringify(counts, null, 2)}
`
    await writeFile(FILE, text)
  }
  process.exit() // a job that waits for its gateway would wait for five minutes more
}
