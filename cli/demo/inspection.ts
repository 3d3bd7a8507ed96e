import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openObjectStore } from '#adapters/open-object-store.ts'
import { systemClock } from '#adapters/system/clock.ts'
import { systemRandom } from '#adapters/system/random.ts'
import { openRepository } from '#repository/index.ts'
import { count, formatBytes } from '../output/units.ts'
import { tellTale } from './guest-files.ts'
import { leftovers } from './pool-story.ts'
import { diskUsage, searchFiles } from './search.ts'
import type { Stage } from './stage.ts'
import { DEMO_BYTES } from './workspace.ts'

/** What an auditor would look at when all is over. */
export const inspection = async (stage: Stage): Promise<void> => {
  const { narrator, folder, image } = stage
  narrator.chapter('A close look at what was left behind')
  await checkRepository(stage, 6)

  const isInGuest = (await readFile(image('tables'))).includes(tellTale())
  const { files, bytes, found } = await searchFiles(join(folder, 'repository'), tellTale())
  narrator.claim({
    claim: 'Nothing of the guests can be read in the repository',
    measured: `bytes of a guest's file, which do not compress: ${found ? `FOUND in ${found}` : `in none of ${count(files, 'file')}, ${formatBytes(bytes)}`}`,
    proven: isInGuest && files > 0 && found === undefined,
  })

  await noSnapshots(stage)

  const used = await diskUsage(folder)
  narrator.claim({
    claim: `The demo needed at most ${formatBytes(DEMO_BYTES)} of disk`,
    measured: `${formatBytes(used)} in ${folder}`,
    proven: used <= DEMO_BYTES,
  })
}

export const noSnapshots = async ({ narrator, pool }: Stage): Promise<void> => {
  const left = await leftovers(pool)
  narrator.claim({
    claim: 'No snapshot is left in the pool',
    measured: `${count(left.snapshots, 'VM snapshot')}, ${count(left.disks, 'snapshot disk')}; ${count(left.bases, 'base')} of metadata only, for the next incremental`,
    proven: left.snapshots === 0 && left.disks === 0,
  })
}

/** Without control plane, catalog or gateway: the repository and the passphrase are enough. */
export const checkRepository = async (
  { folder, narrator, passphraseFile }: Stage,
  expected: number,
): Promise<void> => {
  const passphrase = (await readFile(passphraseFile, 'utf8')).trimEnd()
  const repository = await openRepository({
    store: await openObjectStore(`file:${join(folder, 'repository')}`),
    clock: systemClock,
    random: systemRandom,
    unlock: { passphrase },
  })
  const { points, recordsVerified, bytesRead, findings } = await repository
    .check({ level: 2 })
    .finally(() => repository.close())
  narrator.claim({
    claim: 'Every stored byte is intact (xenkeep check --level 2)',
    measured: `${count(points, 'point')}, ${count(recordsVerified, 'record')}, ${formatBytes(bytesRead)} read, ${count(findings.length, 'finding')}`,
    proven: points === expected && recordsVerified > 0 && findings.length === 0,
  })
}
