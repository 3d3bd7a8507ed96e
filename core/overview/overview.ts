import { queryAll } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import { type OpenProblem, type OverviewView, PROBLEMS_TOLD } from '../contracts/overview-api.ts'
import type { Policy } from '../contracts/policies.ts'
import { readGateways } from '../gateways/gateway.ts'
import { readSchedule } from '../maintenance/schedule.ts'
import { readRepositoryState } from '../maintenance/state.ts'
import { verificationOf } from '../notifications/age-of-points.ts'
import type { ChannelState } from '../notifications/channel.ts'
import { readAllChannels } from '../notifications/channels-catalog.ts'
import { readNotificationSettings } from '../notifications/settings.ts'
import { readPolicies } from '../policies/policies-catalog.ts'
import { nextTimes } from '../policies/schedule.ts'
import { protects } from '../policies/selection.ts'
import type { Catalog, Region } from '../ports.ts'
import { isActive } from '../region/region.ts'
import { regionLine } from '../region/text.ts'
import { readReplica } from '../replicated/replicated-catalog.ts'
import { costAnswer } from './cost.ts'
import type { EstateLook } from './estate.ts'
import { failures, failuresAnswer } from './failures.ts'
import { differingPrograms } from './gateway-programs.ts'
import { gatewayProblems } from './gateways.ts'
import { locksOf } from './locks.ts'
import { protectionOf } from './protected.ts'
import { repositoryProblems, restorableAnswer } from './repository.ts'
import { runsOfDay } from './runs.ts'
import { standbyProblems } from './standbys.ts'
import { unusualProblems } from './unusual.ts'
import { countOf, namesText } from './words.ts'

/** What the overview is made of beside the catalog. */
export interface OverviewPorts {
  catalog: Catalog
  region: Region
  repositoryAddress: string
  upSince?: number
}

/**
 * How everything stands. It decides nothing and writes nothing.
 * @param estate all VMs; looked at by the caller, since it is what costs
 * @param now ms since 1970
 */
export const overviewOf = async (
  { catalog, region, repositoryAddress, upSince }: OverviewPorts,
  estate: EstateLook,
  now: number,
): Promise<OverviewView> => {
  const policies = (await readPolicies(catalog)).map(({ value }) => value.policy)
  const [began, failed, gateways, settings, { verification }, state, schedule, replica] =
    await Promise.all([
      runsOfDay(catalog, now),
      failures(catalog, policies, now),
      readGateways(catalog),
      readNotificationSettings(catalog),
      verificationOf(catalog, estate.points, now),
      readRepositoryState(catalog),
      readSchedule(catalog),
      readReplica(catalog),
    ])
  const protection = protectionOf(estate)
  const locks = locksOf(estate, now)
  const problems = [
    ...(await regionProblems(region)),
    ...failed,
    ...gatewayProblems(gateways, {
      ...{ now, upSince },
      silentMs: settings.gatewaySilentMinutes * 60_000,
    }),
    ...differingPrograms(gateways),
    ...repositoryProblems({
      ...{ state, verification, replica },
      schedule: schedule?.value,
      isTended: gateways.some(({ maintenance }) => maintenance),
    }),
    ...protection.problems,
    ...(await channelProblems(catalog)),
    ...locks.problems,
    ...unusualProblems(estate, now),
    ...(await standbyProblems(catalog, estate, now)),
    ...began.problems,
  ].sort((a, b) => RANK[a.standing] - RANK[b.standing])
  const { running, waiting, succeeded, warning, failed: bad, cancelled, more } = began.runs
  const count = running + waiting + succeeded + warning + bad + cancelled
  return {
    at: now,
    answers: {
      protected: protection.answer,
      failed: failuresAnswer(failed, `${more ? 'More than ' : ''}${countOf(count, 'run')}`),
      locked: locks.answer,
      restorable: restorableAnswer(verification),
      cost: costAnswer(estate, { repositoryAddress, here: region.setup.here }),
    },
    vms: {
      known: estate.known,
      protected: estate.taken.length,
      unprotected: estate.unprotected.length,
      discarded: estate.discarded,
      standby: estate.standby,
      asOf: estate.asOf,
    },
    runs: began.runs,
    next: nextOf(policies, now),
    problems: problems.slice(0, PROBLEMS_TOLD).map(cut),
    moreProblems: Math.max(0, problems.length - PROBLEMS_TOLD),
  }
}

const RANK: Record<OpenProblem['standing'], number> = { bad: 0, warning: 1, info: 2 }

/** What others told may be long. */
const cut = (problem: OpenProblem): OpenProblem => ({
  ...problem,
  text: problem.text.slice(0, 2_000).toWellFormed(),
})

const regionProblems = async (region: Region): Promise<OpenProblem[]> => {
  const view = await region.view()
  if (isActive(view) && view.heard === undefined) return []
  return [
    {
      ...{ kind: 'region-stands-by', standing: 'warning', go: { to: 'region' } },
      text: regionLine(view, region.setup),
    },
  ]
}

const channelProblems = async (catalog: Catalog): Promise<OpenProblem[]> => {
  const channels = new Map(
    (await readAllChannels(catalog)).map(channel => [channel.channelId, channel]),
  )
  const states = queryAll<ChannelState>(catalog, keys.channelState('').pk)
  return (await Array.fromAsync(states)).flatMap(({ sk, value: { failing } }): OpenProblem[] => {
    const channel = channels.get(sk)
    if (!failing || !channel?.enabled) return []
    return [
      {
        ...{ kind: 'channel-failing', standing: 'warning', go: { to: 'notifications' } },
        text: `Messages to ${namesText([channel.name])} do not get through: ${failing.error}`,
        since: failing.since,
      },
    ]
  })
}

const NEXT = 20

const nextOf = (policies: readonly Policy[], now: number): OverviewView['next'] =>
  policies
    .flatMap(policy => {
      if (!protects(policy) || !policy.schedule) return []
      const { policyId, name: policyName, schedule } = policy
      return nextTimes(schedule, now, 1).map(at => ({ policyId, policyName, at }))
    })
    .sort((a, b) => a.at - b.at)
    .slice(0, NEXT)
