import { mkdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Contestant, Round } from './contestants/contestant.ts'
import { restic } from './contestants/restic.ts'
import { sizeAtLevel3, xenkeep } from './contestants/xenkeep.ts'
import { figures, ratioOf } from './goals/figures.ts'
import { tableLines, verdictOf } from './goals/table.ts'
import { type Images, makeImages } from './image/images.ts'
import { machine, machineLine } from './set-up.ts'
import { median, spread } from './statistics.ts'

/*
 * How fast is the engine, as a ratio to restic on the same image, the same machine, the same minute?
 *
 * Both run as processes, on a directory, in turns; every round has a fresh repository. Ends with 1 when a restored image is
 * not the one that was backed up; a goal that is missed is shown and is no failure.
 */

const HELP = `npm run bench:repository [-- OPTIONS]
  --size MIB        size of the image (default 4096; about 3 times as much is needed on disk)
  --rounds N        at least 3 make a median (default 3)
  --without-restic  ours alone
  --work DIR        for images (kept for the next time) and repositories (removed)
  --json            one JSON document`

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '4096' },
    rounds: { type: 'string', default: '3' },
    'without-restic': { type: 'boolean', default: false },
    work: { type: 'string', default: join(tmpdir(), 'xenkeep-bench') },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

const tell = (line: string) => console.error(line)

const run = async (): Promise<number> => {
  const [size, rounds] = [Number(values.size), Number(values.rounds)]
  if (values.help || !(size >= 64) || !(rounds >= 1)) {
    console.log(HELP)
    return values.help ? 0 : 2
  }
  mkdirSync(values.work, { recursive: true })
  const contestants = values['without-restic'] ? [xenkeep] : [xenkeep, restic]
  const versions = await Promise.all(contestants.map(({ version }) => version()))
  tell(`making the images of ${size} MiB (kept in ${values.work})`)
  const images = await makeImages(values.work, size)
  const setUp = [
    machineLine(),
    contestants.map(({ name }, i) => `${name}: ${versions[i]}`).join('; '),
    imageLine(images),
  ]
  for (const line of setUp) tell(line)

  const results = new Map<Contestant, Round[]>(contestants.map(each => [each, []]))
  for (let round = 1; round <= rounds; round++)
    for (const contestant of inTurns(contestants, round)) {
      const one = await inFolder(folder => contestant.round(images, folder))
      results.get(contestant)?.push(one)
      tell(`round ${round}, ${contestant.name}: ${summary(one)}`)
    }
  const level3 = await inFolder(folder => sizeAtLevel3(images, folder))
  const all = figures({
    images,
    ours: results.get(xenkeep) ?? [],
    restic: results.get(restic) ?? [],
    level3,
  })
  const equal = [...results.values()].flat().every(one => one.equal)
  if (values.json) console.log(JSON.stringify(document(setUp, images, results, all, equal)))
  else console.log([...setUp, '', ...tableLines(all)].join('\n'))
  if (!equal) tell('A restored image is NOT the one that was backed up.')
  return equal ? 0 : 1
}

/** Whoever was first is last in the next round. */
const inTurns = (contestants: readonly Contestant[], round: number): readonly Contestant[] =>
  round % 2 === 1 ? contestants : contestants.toReversed()

const inFolder = async <T>(work: (folder: string) => Promise<T>): Promise<T> => {
  const folder = join(values.work, `round-${process.pid}`)
  const remove = () => rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  process.once('exit', remove)
  try {
    return await work(folder)
  } finally {
    process.off('exit', remove)
    remove()
  }
}

const imageLine = ({ size, files, allocated, changes, sha256 }: Images): string => {
  const share = (count: number, unit: number) => `${((100 * count * unit) / size).toFixed(1)} %`
  return [
    `ext4 image of ${size / 2 ** 20} MiB, ${files} files, ${Math.round((100 * allocated) / size)} % allocated`,
    `changed: ${share(changes.pages, 4096)} of the 4 KiB pages, ${share(changes.blocks, 65_536)} of the 64 KiB blocks, ${share(changes.chunks, 1_048_576)} of the 1 MiB chunks`,
    `SHA-256 ${sha256.before.slice(0, 12)} and ${sha256.after.slice(0, 12)}`,
  ].join('; ')
}

const summary = ({ measured, equal }: Round): string =>
  [
    ...Object.entries(measured).map(
      ([step, { seconds, cpuSeconds }]) =>
        `${step} ${seconds.toFixed(1)} s (${cpuSeconds.toFixed(1)} CPU)`,
    ),
    equal ? 'restored as it was' : 'RESTORED WRONGLY',
  ].join(', ')

const document = (
  setUp: readonly string[],
  images: Images,
  results: ReadonlyMap<Contestant, Round[]>,
  all: ReturnType<typeof figures>,
  equal: boolean,
) => ({
  setUp: { machine: machine(), lines: setUp, images },
  figures: all.map(figure => ({
    ...figure,
    median: { ours: median(figure.ours), restic: median(figure.restic) },
    spread: { ours: spread(figure.ours), restic: spread(figure.restic) },
    ratio: ratioOf(figure),
    verdict: verdictOf(figure),
  })),
  rounds: Object.fromEntries([...results].map(([{ name }, rounds]) => [name, rounds])),
  equal,
})

// Whatever ends it takes its child and its folder along.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => process.exit(130))

process.exitCode = await run()
