import { mkdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { resticTree, type TreeRound, xenkeepTree } from './contestants/file-tree.ts'
import { writeTree } from './image/tree.ts'
import { machineLine } from './set-up.ts'
import { settleCold } from './settle.ts'
import { median, spread } from './statistics.ts'

/*
 * How fast are backups and restores of a folder, as a ratio to restic on the same tree, the same machine, the same minute?
 *
 * Both run as processes, on a directory, in turns; every round has a fresh repository. Ends with 1 when what was restored is not what was backed up.
 */

const HELP = `npm run bench:file-tree [-- OPTIONS]
  --size MIB   size of the tree (default 512): many small files, some large; always the same for the same size
  --rounds N   at least 3 make a median (default 3)
  --work DIR   for the tree and the repositories (removed)`

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '512' },
    rounds: { type: 'string', default: '3' },
    work: { type: 'string', default: join(tmpdir(), 'xenkeep-bench-tree') },
    help: { type: 'boolean', default: false },
  },
})

const STEPS = ['full', 'unchanged', 'restore'] as const

const run = async (): Promise<number> => {
  const [size, rounds] = [Number(values.size), Number(values.rounds)]
  if (values.help || !(size >= 1) || !(rounds >= 1)) {
    console.log(HELP)
    return values.help ? 0 : 2
  }
  const tree = join(values.work, 'tree')
  rmSync(values.work, { recursive: true, force: true })
  mkdirSync(tree, { recursive: true })
  const files = writeTree(tree, size * 2 ** 20)
  console.log(machineLine())
  console.log(`${files} files, ${size} MiB; xenkeep: this tree; ${await resticTree.version()}`)
  console.log(
    `restores with the page cache ${settleCold() ? 'empty' : 'as it is: emptying it takes root'}`,
  )
  const ours: TreeRound[] = []
  const theirs: TreeRound[] = []
  for (let round = 1; round <= rounds; round++) {
    const turns = [
      async () => ours.push(await inFolder(folder => xenkeepTree.round(tree, folder))),
      async () => theirs.push(await inFolder(folder => resticTree.round(tree, folder))),
    ]
    // Whoever was first is last in the next round.
    for (const turn of round % 2 === 1 ? turns : turns.toReversed()) await turn()
    const last = (all: TreeRound[]) => STEPS.map(step => all.at(-1)?.[step].toFixed(1)).join(' / ')
    console.log(
      `round ${round}: ${STEPS.join(' / ')}: xenkeep ${last(ours)} s, restic ${last(theirs)} s`,
    )
  }
  for (const step of STEPS) {
    const seconds = (all: TreeRound[]) => all.map(round => round[step])
    const ratios = seconds(ours).map((own, round) => (seconds(theirs)[round] ?? Number.NaN) / own)
    const cell = (all: number[]) => `${median(all).toFixed(2)} s ±${Math.round(spread(all) * 50)} %`
    const goal = step === 'restore' ? '' : ' (goal: at least 1.5 times)'
    console.log(
      `${step}: xenkeep ${cell(seconds(ours))}, restic ${cell(seconds(theirs))}: ${median(ratios).toFixed(2)} times as fast${goal}`,
    )
  }
  rmSync(values.work, { recursive: true })
  return [...ours, ...theirs].every(({ equal }) => equal) ? 0 : 1
}

const inFolder = async <T>(work: (folder: string) => Promise<T>): Promise<T> => {
  const folder = join(values.work, 'round')
  mkdirSync(folder)
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => process.exit(130))

process.exitCode = await run()
