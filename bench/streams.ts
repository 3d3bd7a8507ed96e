import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { measure } from './measure.ts'
import { machine, machineLine } from './set-up.ts'
import { median, spread } from './statistics.ts'

/*
 * What do many disks at once cost? 1, 8 and 80 disks in one process, the same bytes in all; and what is the gain of eight sources that
 * give 40 MB/s each over one? The store forgets what it gets, so that the engine is measured and no disk.
 */

const HELP = `npm run bench:streams [-- OPTIONS]
  --size MIB   of all disks together (default 1280)
  --seconds N  how long the slow sources give (default 8)
  --rounds N   (default 3)
  --json       one JSON document`

const MiB = 1024 * 1024
const SLOW = 40e6 // bytes a second of one source
const CHILD = fileURLToPath(new URL('processes/streams.ts', import.meta.url))

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '1280' },
    seconds: { type: 'string', default: '8' },
    rounds: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

interface Row {
  name: string
  disks: number
  /** bytes of each disk */
  size: number
  /** bytes a second of each; 0: as fast as it goes */
  rate: number
  /** MB/s of all together */
  rates: number[]
  /** MiB */
  peakRss: number[]
  cpuSeconds: number[]
  goal?: string
}

const row = (disks: number, size: number, rate: number, goal?: string): Row => ({
  name: `${disks} ${disks === 1 ? 'disk' : 'disks'}${rate > 0 ? ` at ${rate / 1e6} MB/s each` : ''}`,
  disks,
  size: Math.max(1, Math.round(size / MiB)) * MiB,
  rate,
  rates: [],
  peakRss: [],
  cpuSeconds: [],
  ...(goal === undefined ? {} : { goal }),
})

const run = async (): Promise<number> => {
  const [size, seconds, rounds] = [values.size, values.seconds, values.rounds].map(Number) as [
    number,
    number,
    number,
  ]
  if (values.help || !(size >= 80) || !(seconds >= 1) || !(rounds >= 1)) {
    console.log(HELP)
    return values.help ? 0 : 2
  }
  const slow = SLOW * seconds
  const rows = [
    row(1, size * MiB, 0, 'RSS ≤ 320 MiB, aim 250'),
    row(8, (size * MiB) / 8, 0, 'RSS ≤ 450 MiB, aim 350'),
    row(80, (size * MiB) / 80, 0, 'RSS ≤ 450 MiB, aim 350'),
    row(1, slow, SLOW),
    row(8, slow, SLOW),
  ]
  for (let round = 0; round < rounds; round++)
    for (const each of rows) {
      const args = [each.disks, each.size, each.rate].map(String)
      const { stdout, peakRss, cpuSeconds } = await measure([process.execPath, CHILD, ...args])
      const ended = JSON.parse(stdout) as { seconds: number; bytes: number }
      each.rates.push(ended.bytes / 1e6 / ended.seconds)
      each.peakRss.push(peakRss / MiB)
      each.cpuSeconds.push(cpuSeconds)
    }
  const [one, eight] = rows.slice(-2).map(({ rates }) => median(rates)) as [number, number]
  const gain = eight / one
  if (values.json) console.log(JSON.stringify({ setUp: machine(), rows, gain }))
  else
    console.log(
      [
        `${machineLine()}; ${size} MiB in all, into a store that forgets; median of ${rounds}`,
        ...rows.map(lineOf),
        `8 slow sources against one: ${gain.toFixed(1)} times as fast (must 5, aim 7)`,
      ].join('\n'),
    )
  return 0
}

const lineOf = ({ name, rates, peakRss, cpuSeconds, goal }: Row): string => {
  const rate = `${median(rates).toFixed(0)} MB/s ±${Math.round(spread(rates) * 50)} %`
  const rss = `peak RSS ${median(peakRss).toFixed(0)} MiB`
  const cpu = `${median(cpuSeconds).toFixed(1)} CPU s`
  return `${name.padEnd(26)}${rate.padStart(18)}${rss.padStart(22)}${cpu.padStart(14)}${goal ? `   (${goal})` : ''}`
}

process.exitCode = await run()
