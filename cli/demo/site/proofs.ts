import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { count, formatBytes } from '../../output/units.ts'
import { compareWithFile } from '../compare.ts'
import { checkRepository, noSnapshots } from '../inspection.ts'
import { disksOf } from '../pool-story.ts'
import { searchFiles } from '../search.ts'
import { noDirectoryBecause, USERS } from './directory.ts'
import { noDatabaseBecause } from './postgresql.ts'
import { countPoints, type Restored } from './site-restore.ts'
import { CHANGED, type SiteStage, tellTaleOf } from './site-stage.ts'
import { type Before, licenceFile, rowsOf } from './site-story.ts'

export const proofs = async (
  stage: SiteStage,
  before: Before,
  restored: Restored,
): Promise<void> => {
  const { narrator, database, directory, simulator } = stage
  narrator.chapter('What came back, compared with what was there')
  narrator.claim({
    claim: 'The restore went by its plan to the end',
    measured: `${restored.state}: ${count(restored.automatic, 'step')} by XenKeep, ${restored.byHand} by a person, ${restored.skipped} left out with the reason`,
    proven: restored.state === 'done',
  })
  narrator.claim({
    claim: 'A restore that needs a person in the middle waited, and then went on',
    measured: directory
      ? `the recipe of the directory stopped ${count(restored.withinSteps, 'time')}, and ended when a person had confirmed the last`
      : `not run: ${noDirectoryBecause()}`,
    proven: directory ? restored.withinSteps === 2 : null,
  })
  const rows = database ? await rowsOf(stage) : ''
  narrator.claim({
    claim: 'The database has every row that it had',
    measured: database ? inWords(rows) : `not run: ${noDatabaseBecause()}`,
    proven: database ? rows !== '' && rows === before.rows : null,
  })
  const users = directory
    ? await directory.users(join(directory.restoredTo, 'etc', 'smb.conf')).catch(() => [])
    : []
  narrator.claim({
    claim: 'The directory has its users',
    measured: directory
      ? `${USERS.filter(name => users.includes(name)).join(', ')} of ${count(before.users?.length ?? 0, 'account')}; made anew by its recipe, with a new invocation id`
      : `not run: ${noDirectoryBecause()}`,
    proven: directory
      ? USERS.every(name => users.includes(name)) && before.users?.join() === users.join()
      : null,
  })
  const licence = await readFile(licenceFile(stage)).catch(() => Buffer.alloc(0))
  narrator.claim({
    claim: 'The licence file is there again',
    measured: `${formatBytes(licence.length)}, ${licence.equals(before.licence) ? 'all equal' : 'NOT what it was'}`,
    proven: licence.equals(before.licence),
  })
  await diskClaim(stage, 'DDC02', restored.controller ?? '')
  await diskClaim(stage, CHANGED, simulator.vms[CHANGED] ?? '')
}

/** @param rows counts and digests */
const inWords = (rows: string): string =>
  rows.replaceAll(/ ([0-9a-f]{8})[0-9a-f]{24}/g, ' (MD5 of all $1…)').replaceAll('|', ', ')

/** Fetched from XenServer by XAPI's own export, beside everything of XenKeep. */
const diskClaim = async (
  { narrator, pool, image, folder }: SiteStage,
  name: string,
  vmUuid: string,
): Promise<void> => {
  const [first] = await disksOf(pool, vmUuid)
  const { bytes, firstDifference } = first
    ? await compareWithFile(
        await pool.readDisk(first.vdi),
        image(name),
        join(folder, 'fetched.raw'),
      )
    : { bytes: 0, firstDifference: 0 }
  narrator.claim({
    claim: `The disk of ${name} is what it was, byte by byte`,
    measured:
      firstDifference === undefined
        ? `${formatBytes(bytes)} fetched from XenServer, all equal`
        : `it DIFFERS from byte ${firstDifference} on`,
    proven: first !== undefined && firstDifference === undefined,
  })
}

/** What an auditor would look at when all is over. */
export const closeLook = async (stage: SiteStage): Promise<void> => {
  const { narrator, folder, image } = stage
  narrator.chapter('A close look at what was left behind')
  await checkRepository(stage, await countPoints(stage))
  const isThere = (await readFile(image('DDC01'))).includes(tellTaleOf('DDC01'))
  const { files, bytes, found } = await searchFiles(join(folder, 'repository'), tellTaleOf('DDC01'))
  narrator.claim({
    claim: 'Nothing of the servers can be read in the repository',
    measured: `bytes of a server's file, which do not compress: ${found ? `FOUND in ${found}` : `in none of ${count(files, 'file')}, ${formatBytes(bytes)}`}`,
    proven: isThere && files > 0 && found === undefined,
  })
  await noSnapshots(stage)
}
