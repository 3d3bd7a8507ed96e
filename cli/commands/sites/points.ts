import type { ListedPoint } from '#core/contracts/runs-api.ts'
import type { GetSitePlanReply, GetSitePointReply } from '#core/contracts/sites-api.ts'
import { SiteNotFoundError } from '#core/errors/sites.ts'
import { skewText } from '#core/points/skew-text.ts'
import { action, answer, newCommand, type Program } from '../../command.ts'
import { listAll } from '../../control-plane.ts'
import { ExitCode } from '../../exit-codes.ts'
import type { Host } from '../../host.ts'
import { type Column, table } from '../../output/table.ts'
import { findSite } from '../../sites/find-site.ts'
import { planLines, sitePointLines } from '../../sites/site-lines.ts'

/** JSON: `{"points":[ListedPoint]}`. */
export const sitePointsCommand = (program: Program) =>
  newCommand('points', 'list the site points of a XenDesktop site, newest first', [
    'xenkeep site points Vienna',
  ])
    .argument('<site>', 'name or id')
    .action(
      action(program, async (session, name: string) => {
        const points = await pointsOf(session.client, name)
        answer(session, { points }, () =>
          points.length > 0
            ? table(columns(session.host), points)
            : ['The site has no point yet. "xenkeep site backup" makes one.'],
        )
        return ExitCode.ok
      }),
    )

/** After a lost catalog there may be points of a site that nobody defines any more: they bear its name. */
const pointsOf = async (
  client: Parameters<typeof findSite>[0],
  name: string,
): Promise<ListedPoint[]> => {
  try {
    const { siteUuid, newest } = await findSite(client, name)
    return newest ? await listAll(client, 'listPoints', { vm: siteUuid }) : []
  } catch (error) {
    if (!(error instanceof SiteNotFoundError)) throw error
    const named = await listAll(client, 'listPoints', { vm: name }).catch(() => [])
    const points = named.filter(({ site }) => site !== undefined)
    if (points.length === 0) throw error
    return points
  }
}

const columns = ({ time }: Pick<Host, 'time'>): Column<ListedPoint>[] => [
  { title: 'POINT', cell: ({ pointId }) => pointId },
  { title: 'TAKEN', cell: ({ taken }) => time(taken) },
  { title: 'STATE', cell: ({ site }) => site?.state ?? '-' },
  { title: 'MEMBERS', cell: ({ site }) => String(site?.members ?? 0) },
  { title: 'WITHIN', cell: ({ site }) => (site ? skewText(site.skewMs) : '-') },
]

const PAGE = { limit: 500 }

/** All pages of what is told in pages, put together. */
const wholePoint = async (
  client: Parameters<typeof findSite>[0],
  pointId: string,
): Promise<Omit<GetSitePointReply, 'next'>> => {
  const params = { pointId }
  const { next, ...whole } = await client.call('getSitePoint', { params, query: PAGE })
  for (let after = next; after !== undefined; ) {
    const page = await client.call('getSitePoint', { params, query: { ...PAGE, after } })
    whole.members.push(...page.members)
    after = page.next
  }
  return whole
}

/** JSON: what the route answers, with all members. */
export const sitePointCommand = (program: Program) =>
  newCommand('point', 'show what belongs together in a site point, and what is missing', [
    'xenkeep site point 01KAZ3M7Q1V5N8R2T4W6Y9B0CD',
  ])
    .argument('<point>', 'id of a site point')
    .action(
      action(program, async (session, pointId: string) => {
        const whole = await wholePoint(session.client, pointId.toUpperCase())
        answer(session, whole, () => sitePointLines(whole, session.host.time))
        return ExitCode.ok
      }),
    )

/** JSON: what the route answers, with all steps. */
export const planSiteCommand = (program: Program) =>
  newCommand('plan', 'show step by step how a XenDesktop site comes back from a site point', [
    'xenkeep site plan 01KAZ3M7Q1V5N8R2T4W6Y9B0CD',
  ])
    .argument('<point>', 'id of a site point')
    .action(
      action(program, async (session, pointId: string) => {
        const params = { pointId: pointId.toUpperCase() }
        const { next, ...whole } = await session.client.call('getSitePlan', { params, query: PAGE })
        const steps: GetSitePlanReply['steps'] = [...whole.steps]
        for (let after = next; after !== undefined; ) {
          const page = await session.client.call('getSitePlan', {
            params,
            query: { ...PAGE, after },
          })
          steps.push(...page.steps)
          after = page.next
        }
        answer(session, { ...whole, steps }, () => planLines(whole, steps))
        return ExitCode.ok
      }),
    )
