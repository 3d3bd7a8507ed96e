import type { OpenProblem } from '../contracts/overview-api.ts'
import type { Gateway } from '../gateways/gateway.ts'
import { namesText, timeText } from './words.ts'

/**
 * Gateways that do not call, and pools that they do not reach.
 * @param upSince since when gateways could call (ms since 1970): before that, silence says nothing
 */
export const gatewayProblems = (
  gateways: readonly Gateway[],
  { now, silentMs, upSince = 0 }: { now: number; silentMs: number; upSince?: number | undefined },
): OpenProblem[] => {
  const go = { to: 'gateways' } as const
  if (gateways.length === 0)
    return [
      {
        ...{ kind: 'gateway-missing', standing: 'bad', go },
        text: 'No gateway is enrolled: nothing can be backed up or restored.',
        advice: 'Enrol one beside each pool.',
      },
    ]
  return gateways.flatMap(
    ({ name, lastSeen, enrolled, pools, unreachable = [] }): OpenProblem[] => {
      const heard = lastSeen ?? enrolled
      if (now - Math.max(heard, upSince) > silentMs)
        return [
          {
            ...{ kind: 'gateway-silent', standing: 'bad', go },
            text: `The gateway ${namesText([name])} ${lastSeen === undefined ? 'never called' : `does not call; it did last at ${timeText(lastSeen)}`}.${pools.length > 0 ? ` Its pools: ${namesText(pools.map(pool => pool.name || pool.uuid))}.` : ''}`,
            since: heard,
            advice: 'See whether its machine runs and reaches this address.',
          },
        ]
      return unreachable.map(({ address, problem }) => ({
        ...{ kind: 'pool-unreachable', standing: 'bad', go },
        text: `The gateway ${namesText([name])} does not reach the pool at ${address}: ${problem}`,
      }))
    },
  )
}
