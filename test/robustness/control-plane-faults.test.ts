import { describe, expect, test, vi } from 'vitest'
import type { RouteName } from '#core/contracts/routes.ts'
import { TICK_NAMES, type Tick } from '#core/costs/ticks.ts'
import { copyAudit } from '#functions/events/copy-audit.ts'
import { deliverAll } from '#functions/events/deliver.ts'
import { tendMaintenance } from '#functions/events/tend-maintenance.ts'
import { tendPolicies } from '#functions/events/tend-policies.ts'
import { tendReplicas } from '#functions/events/tend-replicas.ts'
import { tendRuns } from '#functions/events/tend-runs.ts'
import { watch } from '#functions/events/watch.ts'
import type { Ports } from '#functions/ports.ts'
import { dying, throttling } from '#test/support/catalog-faults.ts'
import { type Answer, busySite, type CopiedSite, type GoodCall } from '#test/support/good-calls.ts'
import { stateOfSite } from '#test/support/site-state.ts'

// What broke is told to the log each time, as it should be.
vi.spyOn(console, 'error').mockImplementation(() => {})

/*
 * Motivation: what breaks in the middle of a call is not seen by tests of calls that go well, and a new route is easily forgotten.
 * Steps: a site where every route has something to do; a good call of each route, with the table throttled at each single call that it makes, and with the Lambda
 * gone behind each single write. Then whoever called asks again as our clients do: under the same idempotency key, with a new token.
 * Pass: the first answer is a clear 503, the second a good one, and the catalog holds what it holds where nothing broke.
 */

const site = await busySite()
const known = new Set(Object.values(site.ids))
const rows = site.calls.map((call): [string, GoodCall] => [call.name, call])

const expectGood = ({ refusal }: GoodCall, { status, json }: Answer) => {
  if (refusal === undefined) expect(status, JSON.stringify(json)).toBe(200)
  else expect(json.code).toBe(refusal)
}

/** As before; but a secret is told once, and who has missed it is told to ask anew. */
const expectGoodAgain = (call: GoodCall, answer: Answer) => {
  if (call.route.secretReply && answer.status === 409)
    expect(answer.json.code).toBe('IDEMPOTENCY_ANSWER_NOT_KEPT')
  else expectGood(call, answer)
}

/** What the site comes to when the call is made without any trouble. */
const withoutTrouble = async (call: GoodCall) => {
  const copy = await site.copy()
  const api = await copy.api()
  expectGood(call, await site.make(api, call))
  return stateAfter(copy, call)
}

const stateAfter = async (copy: CopiedSite, { name, route }: GoodCall) => {
  const api = await copy.api()
  api.wait(2 * LATER)
  await tendRuns(api.ports)()
  const lines = await stateOfSite(copy, known)
  if (route.secretReply) return [...new Set(lines)]
  return lines.map(line => line.replace(TOLD_AGAIN[name] ?? /$^/, ''))
}

/** What a repetition rightly leaves: a lease that was not heard of is given again, under the next epoch; a pace is measured twice; a replica tells of a try that failed. */
const TOLD_AGAIN: Partial<Record<RouteName, RegExp>> = {
  lease: /"epoch":\d/,
  heartbeat: /,"pace":\{[^}]*\}/,
  commandReplica: /,"last":\{.*(?=,"current")/,
}

/** By then a caller that got no answer may ask again (core/idempotency/reservation.ts), and a standby is free again whose run was never begun; ms. */
const LATER = 70_000

describe('DynamoDB throttles any one call of a handler: 503 with Retry-After, nothing lost, nothing done twice after the repetition', () => {
  test.each(rows)('%s', async (_, call) => {
    const wanted = await withoutTrouble(call)
    for (let at = 0; ; at++) {
      const copy = await site.copy()
      const fault = throttling(copy.catalog, at)
      const answer = await site.make(await copy.api({ catalog: fault.catalog }), call)
      if (!fault.met()) break
      if (answer.status !== 200 && answer.json.code !== call.refusal) {
        expect(answer, `call ${at}: ${JSON.stringify(answer.json)}`).toMatchObject({
          status: 503,
          headers: {
            'retry-after': expect.stringMatching(/^\d+$/),
            'content-type': 'application/problem+json',
          },
          json: { code: 'CATALOG_UNAVAILABLE', retryable: true },
        })
        expectGoodAgain(call, await site.make(await copy.api(), call))
      }
      expect(await stateAfter(copy, call), `throttled at call ${at}`).toEqual(wanted)
    }
  })
})

describe('a Lambda dies behind any of its writes: the repetition brings it to the same end', () => {
  test.each(rows)('%s', async (_, call) => {
    const wanted = await withoutTrouble(call)
    for (let writes = 0; ; writes++) {
      const copy = await site.copy()
      const fault = dying(copy.catalog, writes)
      await site.make(await copy.api({ catalog: fault.catalog }), call).catch(() => undefined)
      if (!fault.hasDied()) break
      const again = await copy.api()
      again.wait(LATER)
      expectGoodAgain(call, await site.make(again, call))
      expect(await stateAfter(copy, call), `died behind write ${writes}`).toEqual(wanted)
    }
  })
})

/** What the clock begins, by the files of the handlers (core/costs/ticks.ts). */
const WORKS: Record<Tick, (ports: Ports) => () => Promise<unknown>> = {
  'tend-runs': tendRuns,
  'copy-audit': copyAudit,
  watch,
  deliver: deliverAll,
  'tend-maintenance': tendMaintenance,
  'tend-replicas': tendReplicas,
  'tend-policies': tendPolicies,
}

describe('DynamoDB throttles any one call of what the clock begins: the next time it comes to the same', () => {
  test.each(TICK_NAMES)('%s', async name => {
    const tick = async (copy: CopiedSite, after = LATER, catalog = copy.catalog) => {
      const api = await copy.api({ catalog })
      api.wait(after)
      await WORKS[name](api.ports)()
    }
    const stateLater = async (copy: CopiedSite) => {
      for (const hours of [2, 4]) await tick(copy, hours * 3_600_000)
      // That it did not work at once is told of standbys and of messages.
      const tries = /,"last":\{.*(?=,"current")|"missed":\d+|,"attempts":\d+|,"error":"[^"]*"/g
      return (await stateOfSite(copy, known)).map(line => line.replace(tries, ''))
    }
    const untroubled = await site.copy()
    await tick(untroubled)
    const wanted = await stateLater(untroubled)
    for (let at = 0; ; at++) {
      const copy = await site.copy()
      const fault = throttling(copy.catalog, at)
      await tick(copy, LATER, fault.catalog).catch(error =>
        expect(error).toMatchObject({ code: 'CATALOG_UNAVAILABLE' }),
      )
      if (!fault.met()) break
      expect(await stateLater(copy), `throttled at call ${at}`).toEqual(wanted)
    }
  })
})
