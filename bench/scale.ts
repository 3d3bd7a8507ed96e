import { mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { activities, collectorSeconds, listsWithoutCompaction } from './scale/activities.ts'
import { type Estate, quantities } from './scale/estate.ts'
import { measureCollector } from './scale/measure-collector.ts'
import { measureIndex, packTableBytes } from './scale/measure-index.ts'
import { measureJob } from './scale/measure-job.ts'
import { measureLocks } from './scale/measure-locks.ts'
import { prices, type Requests, requestCost, storageCost } from './scale/prices.ts'
import { machine, machineLine } from './set-up.ts'

/*
 * What do 1,000 VMs with 100 TB cost: in metadata, in memory, in calls, in money? The real local table, segments and pack tables are
 * filled with made-up packs, one real job is counted; the rest is arithmetic (scale/estate.ts). No data is written.
 */

const HELP = `npm run bench:scale [-- OPTIONS]
  --vms N        (default 1000)
  --gb N         data on each, 10^9 bytes (default 100)
  --touched PCT  chunks that a day touches (default 4)
  --points N     daily points kept of each (default 30)
  --ratio R      stored bytes for a byte of data (default 0.4)
  --sample N     records put into the real table (default 400000)
  --work DIR     for the table (removed)
  --json         one JSON document`

const { values } = parseArgs({
  options: {
    vms: { type: 'string', default: '1000' },
    gb: { type: 'string', default: '100' },
    touched: { type: 'string', default: '4' },
    points: { type: 'string', default: '30' },
    ratio: { type: 'string', default: '0.4' },
    sample: { type: 'string', default: '400000' },
    work: { type: 'string', default: join(tmpdir(), 'xenkeep-bench') },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

const estate: Estate = {
  vms: Number(values.vms),
  used: Number(values.gb) * 1e9,
  touched: Number(values.touched) / 100,
  points: Number(values.points),
  ratio: Number(values.ratio),
}

const sum = (all: readonly Requests[]): Requests =>
  all.reduce((a, b) => ({
    put: a.put + b.put,
    list: a.list + b.list,
    get: a.get + b.get,
    head: a.head + b.head,
  }))

const number = (value: number) => Math.round(value).toLocaleString('en')
const gb = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`
const money = (value: number) => `${prices.currency} ${value.toFixed(2)}`

const callsLine = (name: string, calls: readonly string[], price: string): string =>
  `${name.padEnd(30)}${calls.map(cell => cell.padStart(12)).join('')}${price.padStart(14)}`

const run = async (): Promise<number> => {
  const sample = Number(values.sample)
  const wrong = [...Object.values(estate), sample].some(value => !(value > 0))
  if (values.help || wrong) {
    console.log(HELP)
    return values.help ? 0 : 2
  }
  mkdirSync(values.work, { recursive: true })
  const q = quantities(estate)
  const index = measureIndex(values.work, sample, q.chunksPerPack)
  const job = await measureJob()
  const locks = await measureLocks()
  const packsOfPoint = Math.ceil(q.packs / estate.vms)
  const commit = packTableBytes(packsOfPoint)
  const small = { vms: 3, points: 30, packsOfPoint: Math.min(1_500, packsOfPoint) }
  const collector = await measureCollector(small)
  const records = q.chunks + q.pages
  const segmentBytes = records * index.segmentBytesPerRecord
  const measured = { job, locks, collector, segmentBytes }
  const months = activities.map(activity => {
    const requests = activity.perMonth(estate, measured)
    return { name: activity.name, requests, cost: requestCost(requests) }
  })
  const stored = {
    data: q.dataBytes,
    maps: q.mapBytes,
    segments: segmentBytes,
    commits: commit * estate.vms * estate.points,
  }
  const bytes = Object.values(stored).reduce((a, b) => a + b)
  const local = { table: records * index.tableBytesPerRecord, rssGrowth: index.rssGrowth }
  const requests = sum(months.map(each => each.requests))
  const cost = { storage: storageCost(bytes), requests: requestCost(requests) }
  if (values.json) {
    const document = { setUp: machine(), estate, quantities: q, index, ...measured, commit, stored }
    console.log(JSON.stringify({ ...document, local, months, cost, prices }))
    return 0
  }
  console.log(
    [
      machineLine(),
      `${number(estate.vms)} VMs with ${gb(estate.used)} each, ${estate.points} daily points, a day touches ${values.touched} % of the chunks, ratio ${estate.ratio}`,
      '',
      'in the store',
      `  data              ${gb(stored.data).padStart(14)}   ${number(q.chunks)} chunks in ${number(q.packs)} packs`,
      `  disk maps         ${gb(stored.maps).padStart(14)}   ${number(q.pages)} pages`,
      `  index segments    ${gb(stored.segments).padStart(14)}   ${index.segmentBytesPerRecord.toFixed(1)} bytes a record`,
      `  commit records    ${gb(stored.commits).padStart(14)}   ${number(commit)} bytes each at most, ${number(packsOfPoint)} packs`,
      '',
      `at the gateway (measured with ${number(index.records)} records)`,
      `  local table       ${gb(local.table).padStart(14)}   ${index.tableBytesPerRecord.toFixed(1)} bytes a record, on disk`,
      `  memory            ${`${(local.rssGrowth / 2 ** 20).toFixed(0)} MiB`.padStart(14)}   more with all of them than with half (SQLite keeps 8 MiB of pages)`,
      `  a second          ${number(index.insertsPerSecond).padStart(14)}   records entered; ${number(index.lookupsPerSecond)} looked up`,
      '',
      `one job asks for ${job.put} PUT + its data packs (${q.packsPerJob} here), ${job.get} GET, ${job.list} LIST, ${job.head} HEAD (measured)`,
      callsLine('calls a month', ['PUT', 'LIST', 'GET', 'HEAD'], 'price'),
      ...months.map(({ name, requests: { put, list, get, head }, cost: price }) =>
        callsLine(`  ${name}`, [put, list, get, head].map(number), money(price)),
      ),
      `  of the jobs' LIST calls, without compaction: ${number(listsWithoutCompaction(estate, measured))}`,
      '',
      `one run of the collector takes ${number(collectorSeconds(estate, measured))} s of CPU, and waits for its calls; ${collector.points} points of ${number(collector.packs / collector.vms)} packs took ${collector.seconds.toFixed(2)} s (measured, metadata only)`,
      `a pack that a locked point uses again is asked for its lock ${locks.asked.toFixed(2)} times a day; when it is extended ${locks.askedExtending.toFixed(2)} times and locked ${locks.extended.toFixed(2)} times (measured)`,
      '',
      `a month costs ${money(cost.storage)} for ${gb(bytes)} and ${money(cost.requests)} for calls (${prices.region}, S3 Standard, list prices of ${prices.asOf})`,
    ].join('\n'),
  )
  return 0
}

process.exitCode = await run()
