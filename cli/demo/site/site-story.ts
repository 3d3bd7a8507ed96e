import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SiteDefinition } from '#core/contracts/site.ts'
import { skewText } from '#core/points/skew-text.ts'
import { targetWords } from '#core/site/targets.ts'
import { listAll } from '../../control-plane.ts'
import { followRun } from '../../follow/follow-run.ts'
import { startOnce } from '../../follow/start-once.ts'
import { count } from '../../output/units.ts'
import { sitePreviewLines } from '../../sites/site-lines.ts'
import { noise } from '../guest-files.ts'
import { destroyVm, vmExists } from '../pool-story.ts'
import { guestWrites } from '../simulated-guest.ts'
import { StoryEndedError } from '../story.ts'
import { CHANGED, DATABASE, POOLED, SITE, type SiteStage } from './site-stage.ts'

/** What the user of a dedicated desktop writes before it is saved. */
export const workOnDesktop = async ({ simulator, image }: SiteStage): Promise<void> => {
  const vm = simulator.vms[CHANGED] ?? ''
  await guestWrites(simulator, { vm, device: '0', image: image(CHANGED) })
}

export const defineSite = async ({ narrator, session }: SiteStage): Promise<void> => {
  const { client } = session
  narrator.chapter('Finding out what belongs to the site, and what a backup of it would do')
  const { site: proposed, lines } = await client.call('discoverSite', { body: {} })
  if (!proposed) throw new StoryEndedError('no site was found')
  for (const [index, component] of proposed.components.entries())
    narrator.line(
      `${component.role.padEnd(13)} ${targetWords(component)}: ${lines[index]?.because ?? ''}`,
    )
  const site = corrected(proposed)
  narrator.line(
    `A person corrects it: the site is called ${SITE}, and the files of LIC01 are those of the licence server.`,
  )
  const preview = await client.call('previewSite', { body: { site } })
  for (const line of sitePreviewLines(preview)) narrator.line(line)
  const pooled = preview.skips.find(({ code }) => code === 'discarded')
  narrator.claim({
    claim: `The ${POOLED} pooled desktops are left out, and why is said`,
    measured: pooled ? `${pooled.what}: ${pooled.reason}` : 'nothing is said of them',
    proven: pooled?.count === POOLED && !pooled.gap,
  })
  await client.call('createSite', { body: site })
}

/** What a recipe for any role is there for, only a person knows. */
const corrected = (proposed: SiteDefinition): SiteDefinition => ({
  ...proposed,
  name: SITE,
  components: proposed.components.flatMap(component => {
    const { role, target, recipe } = component
    if (role !== 'custom') return [component]
    return recipe === 'files' && target.guest === 'LIC01'
      ? [{ ...component, role: 'license' as const }]
      : []
  }),
})

/** A policy for the site, and a run of it. @returns id of the site point */
export const protectSite = async ({ narrator, session }: SiteStage): Promise<string> => {
  const { client } = session
  narrator.chapter('One policy for the whole site, and a run of it')
  const { policy, words } = await client.call('createPolicy', {
    body: {
      name: 'Sites, nightly',
      selection: { include: [{ site: SITE }] },
      schedule: { cron: '0 22 * * *', timeZone: 'UTC' },
      retention: { daily: 7, weekly: 4 },
    },
  })
  narrator.line(`Takes ${words.takes}; ${words.when}; kept: ${words.kept}`)
  const runId = await startOnce(client, { kind: 'policy', policyId: policy.policyId })
  const exitCode = await followRun(session, runId)
  const [view] = await listAll(client, 'listSites')
  const pointId = view?.newest?.pointId
  if (!pointId) throw new StoryEndedError('the run made no site point')
  const point = await client.call('getSitePoint', { params: { pointId } })
  for (const reason of point.reasons) narrator.line(`lacks: ${reason}`)
  const kept = point.members.filter(member => member.point).length
  narrator.claim({
    claim: 'The site is saved as one point that says what belongs together',
    measured: `${point.state}, ${count(kept, 'member')} of ${point.memberCount}, taken within ${point.skew ? skewText(point.skew.milliseconds) : '0 seconds'}`,
    proven: exitCode === 0 && point.state === 'complete' && kept === point.memberCount,
  })
  return pointId
}

/** What was there before, to compare with. */
export interface Before {
  rows?: string
  users?: string[]
  licence: Buffer
}

/** Sums over every row, so that one that differs shows. */
const ROWS =
  "SELECT (SELECT count(*) || ' machines ' || md5(string_agg(m::text, ',' ORDER BY id)) FROM machine m), (SELECT count(*) || ' sessions ' || md5(string_agg(s::text, ',' ORDER BY id)) FROM session s)"

export const rowsOf = async ({ database }: Pick<SiteStage, 'database'>): Promise<string> =>
  (await database?.sql(ROWS, DATABASE)) ?? ''

export const licenceFile = ({ licences }: Pick<SiteStage, 'licences'>): string =>
  join(licences, 'vienna.lic')

export const damage = async (stage: SiteStage): Promise<Before> => {
  const { narrator, pool, simulator, database, directory, image, folder } = stage
  narrator.chapter('Disaster: servers, a desktop and what they hold are lost')
  const before: Before = {
    licence: await readFile(licenceFile(stage)),
    ...(database && { rows: await rowsOf(stage) }),
    ...(directory && { users: await directory.users() }),
  }
  const controller = simulator.vms.DDC02 ?? ''
  await destroyVm(pool, controller)
  const gone = [!(await vmExists(pool, controller))]
  narrator.line('DDC02: VM.destroy, and VDI.destroy of its disk.')
  await spoil(stage, join(folder, 'spoilt.raw'), image(CHANGED))
  narrator.line(`${CHANGED}: its disk is written over from end to end, and it is switched off.`)
  await rm(licenceFile(stage))
  narrator.line('LIC01: the licence file is deleted.')
  if (database) {
    await database.sql(`DROP DATABASE "${DATABASE}"`)
    gone.push(
      (await database.sql(`SELECT count(*) FROM pg_database WHERE datname = '${DATABASE}'`)) ===
        '0',
    )
    narrator.line(`SQL01: DROP DATABASE "${DATABASE}".`)
  }
  if (directory) {
    await directory.destroy()
    gone.push(
      await directory.users().then(
        () => false,
        () => true,
      ),
    )
    narrator.line('DC01: all files of the directory are deleted.')
  }
  narrator.claim({
    claim: 'What was lost is lost',
    measured: `DDC02${database ? ', the database' : ''}${directory ? ', the directory' : ''}: asked for, none is there`,
    proven: gone.every(Boolean),
  })
  return before
}

/** As ransomware would. */
const spoil = async (
  { pool, simulator }: SiteStage,
  spoilt: string,
  like: string,
): Promise<void> => {
  const { size } = await stat(like)
  await writeFile(spoilt, noise('spoilt', size))
  const vm = simulator.vms[CHANGED] ?? ''
  await guestWrites(simulator, { vm, device: '0', image: spoilt })
  await pool.call('VM.hard_shutdown', await pool.call('VM.get_by_uuid', vm))
}
