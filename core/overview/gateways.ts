import { GATEWAY_CLOCK_SKEW_SECONDS } from '../contracts/gateway-token.ts'
import type { OpenProblem } from '../contracts/overview-api.ts'
import { VERSION } from '../contracts/version.ts'
import type { Gateway } from '../gateways/gateway.ts'
import { clockText, isClockOff } from '../gateways/story.ts'
import { versionStanding } from '../gateways/version.ts'
import { spanText } from '../notifications/text/document.ts'
import { missingPrograms } from './gateway-programs.ts'
import { namesText, timeText } from './words.ts'

/** When a gateway is well. */
export interface GatewayHealth {
  /** ms since 1970 */
  now: number
  silentMs: number
  /** Since when gateways could call: before that, silence says nothing. */
  upSince?: number | undefined
  /** Of the control plane. */
  version?: string
}

const go = { to: 'gateways' } as const

/** Gateways that do not call, agents in guests among them, pools that they do not reach, versions that do not fit and clocks that are wrong. */
export const gatewayProblems = (
  gateways: readonly Gateway[],
  health: GatewayHealth,
): OpenProblem[] => [
  ...(gateways.every(({ guest }) => guest) ? [MISSING] : []),
  ...gateways.flatMap(gateway => problemsOfGateway(gateway, health)),
]

const MISSING: OpenProblem = {
  ...{ kind: 'gateway-missing', standing: 'bad', go },
  text: 'No gateway is enrolled: nothing can be backed up or restored.',
  advice: 'Enrol one beside each pool.',
}

const namesOf = ({ name, guest }: Gateway): string =>
  `${guest ? 'The agent in the guest' : 'The gateway'} ${namesText([name])}`

/** The same of one. */
export const problemsOfGateway = (
  gateway: Gateway,
  { now, silentMs, upSince = 0, version = VERSION }: GatewayHealth,
): OpenProblem[] => {
  const { lastSeen, enrolled, pools, unreachable = [] } = gateway
  const heard = lastSeen ?? enrolled
  if (now - Math.max(heard, upSince) > silentMs)
    return [
      {
        ...{ kind: 'gateway-silent', standing: 'bad', go },
        text: `${namesOf(gateway)} ${lastSeen === undefined ? 'never called' : `does not call; it did last at ${timeText(lastSeen)}`}.${pools.length > 0 ? ` Its pools: ${namesText(pools.map(pool => pool.name || pool.uuid))}.` : ''}`,
        since: heard,
        advice: 'See whether its machine runs and reaches this address.',
      },
    ]
  return [
    ...unreachable.map(
      ({ address, problem }): OpenProblem => ({
        ...{ kind: 'pool-unreachable', standing: 'bad', go },
        text: `${namesOf(gateway)} does not reach the pool at ${address}: ${problem}`,
      }),
    ),
    ...versionProblems(gateway, version),
    ...clockProblems(gateway),
    ...missingPrograms(gateway),
  ]
}

const versionProblems = (gateway: Gateway, ours: string): OpenProblem[] => {
  const { version } = gateway
  const standing = version === undefined ? 'fits' : versionStanding(version, ours)
  if (standing === 'fits') return []
  const of = `${namesOf(gateway)} has version ${version}`
  return [
    {
      ...{ kind: 'gateway-version', standing: 'warning', go: { to: 'gateways' } },
      text:
        standing === 'too-old'
          ? `${of}, which is older than its control plane (${ours}) works with for sure: it may not understand what it is asked for.`
          : `${of}, which is newer than its control plane (${ours}): what only the newer one knows is refused.`,
      advice:
        standing === 'too-old'
          ? 'Upgrade the gateway (docs/operations.md, "Upgrading").'
          : 'Upgrade the control plane first, then its gateways (docs/operations.md, "Upgrading").',
    },
  ]
}

const clockProblems = (gateway: Gateway): OpenProblem[] =>
  isClockOff(gateway)
    ? [
        {
          ...{ kind: 'gateway-clock', standing: 'warning', go: { to: 'gateways' } },
          text: `The clock of the ${gateway.guest ? 'guest' : 'gateway'} ${namesText([gateway.name])} is ${clockText(gateway.clockAheadMs ?? 0)}: its points and locks bear times that are wrong by that, and from ${spanText(GATEWAY_CLOCK_SKEW_SECONDS * 1_000)} on its calls are refused.`,
          advice: 'Let its machine keep time by NTP.',
        },
      ]
    : []
