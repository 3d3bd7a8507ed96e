import type { MiddlewareObj } from '@middy/core'
import type { AuditEntry } from '#core/audit/append.ts'
import { Ulid } from '#core/contracts/ids.ts'
import type { Route } from '#core/contracts/routes/route.ts'
import { type RouteName, routes } from '#core/contracts/routes.ts'
import { toProblem } from '#core/errors/base.ts'
import type { Person } from '#core/ports.ts'
import { recordAudit } from '../audit.ts'
import type { Ports } from '../ports.ts'
import { auditedDetail } from './audited-detail.ts'
import { statusOf } from './problem.ts'
import type { HandledEvent, HttpAnswer } from './route-call.ts'

type AuditedPorts = Pick<Ports, 'catalog' | 'clock' | 'auditCopy'>

/**
 * Leaves records of every call of a person that changes something: `asked` before the work begins, and what became of it after; a call that was
 * refused before its work leaves one. `refused` work was not done; `failed` work broke in the middle, and some of it may be done. What cannot be recorded is not done. A refused call of nobody we know leaves none, or anyone could fill
 * the chain.
 * Comes last, so that it goes first when something failed.
 */
export const audit = (
  name: RouteName,
  ports: () => AuditedPorts | Promise<AuditedPorts>,
): MiddlewareObj<HandledEvent, HttpAnswer>[] => {
  const route: Route = routes[name]
  if (route.audience === 'code') return [recordsOfCode(name, ports)]
  if (route.audience !== 'person' || route.method === 'GET') return []
  if (route.readOnly) return []
  const asked = new WeakMap<HandledEvent, number>()

  const entryOf = (event: HandledEvent): Omit<AuditEntry, 'outcome'> => {
    const { name: who, role, source = 'person' } = (event.call?.caller ?? {}) as Person
    const { requestId } = event.requestContext
    const target = Object.values(event.pathParameters ?? {}).join(' ')
    return {
      ...{ who, role, source, action: name },
      ...(target && { target }),
      ...(requestId !== undefined && { requestId }),
    }
  }

  const outcome = async (
    event: HandledEvent,
    { code, reply }: { code?: string; reply?: string },
  ) => {
    const of = asked.get(event)
    const detail = of === undefined ? auditedDetail(event.json) : undefined
    const entry = entryOf(event)
    const target = [entry.target, ...idsOf(reply, entry.target)].filter(Boolean).join(' ')
    await recordAudit(await ports(), {
      ...entry,
      ...(target && { target }),
      outcome:
        code === undefined ? 'done' : of !== undefined && isFault(code) ? 'failed' : 'refused',
      ...(code !== undefined && { code }),
      ...(of !== undefined && { of }),
      ...(detail !== undefined && { detail }),
    }).catch(error => {
      // The work is done, or was refused: the answer must say so. The record that it was asked for stays without its second.
      console.error(JSON.stringify({ level: 'error', audit: name, of, error: String(error) }))
    })
  }

  // What it does it records itself; whoever may not do it never gets there.
  if (route.ownRecords)
    return [
      {
        onError: async ({ event, error }) => {
          const { code } = toProblem(error)
          if (event.call?.caller && statusOf[code] === 403) await outcome(event, { code })
        },
      },
    ]
  return [
    {
      before: async ({ event }) => {
        const detail = auditedDetail(event.json)
        const entry = { ...entryOf(event), ...(detail !== undefined && { detail }) }
        const { seq } = await recordAudit(await ports(), { ...entry, outcome: 'asked' })
        asked.set(event, seq)
      },
      after: ({ event, response }) => outcome(event, { reply: response?.body ?? '' }),
      onError: async ({ event, error }) => {
        if (event.call?.caller) await outcome(event, { code: toProblem(error).code })
      },
    },
  ]
}

const isFault = (code: string): boolean => (statusOf[code] ?? 500) >= 500

/** What came of it: ids in an answer that the path does not name, such as that of the run. */
const idsOf = (reply = '', known = ''): string[] => {
  const members = (json: unknown) =>
    typeof json === 'object' && json !== null ? Object.entries(json) : []
  const outer = members(reply === '' ? undefined : JSON.parse(reply))
  const inner = outer.flatMap(([, value]) => (Array.isArray(value) ? [] : members(value)))
  const ids = [...outer, ...inner].flatMap(([name, value]) =>
    name.endsWith('Id') && Ulid.safeParse(value).success ? [String(value)] : [],
  )
  return [...new Set(ids)].filter(id => !known.includes(id))
}

/** Whoever holds a one-time code proves with it who sent him: recorded when it was good. */
const recordsOfCode = (
  action: RouteName,
  ports: () => AuditedPorts | Promise<AuditedPorts>,
): MiddlewareObj<HandledEvent, HttpAnswer> => ({
  after: async ({ event, response }) => {
    const { name = '' } = (event.call?.body ?? {}) as { name?: string }
    const { gatewayId } = JSON.parse(response?.body ?? '{}') as { gatewayId?: string }
    await recordAudit(await ports(), {
      ...{ who: name, source: 'gateway', action, outcome: 'done' },
      ...(gatewayId !== undefined && { target: gatewayId }),
    })
  },
})
