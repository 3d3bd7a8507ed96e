import type { SiteStepState } from '#core/contracts/site-restores-api.ts'
import { SiteStepRefusedError } from '#core/errors/sites.ts'
import type { CatalogItem } from '#core/ports.ts'
import { standingOf } from '#core/restore/component-restore.ts'
import {
  confirmed,
  type Doing,
  guardStart,
  reopened,
  type StoredStep,
  skipped,
  waitsFor,
} from '#core/sites/site-restore.ts'
import { knownSteps, statesOf } from '#core/sites/site-restore-view.ts'
import {
  readSiteRestore,
  readSiteSteps,
  stepNumbered,
  stepWrite,
} from '#core/sites/site-restores-catalog.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'
import { beginSiteStep } from '../../sites/begin-step.ts'

type StepPorts = Pick<
  Ports,
  'catalog' | 'clock' | 'random' | 'workflow' | 'region' | 'restoreApproval'
>

/** What a person does to one step. Of two at once, one is told that the step has changed. */
export const stepSiteRestore =
  (ports: StepPorts) =>
  async (call: RouteCall<'stepSiteRestore'>): Promise<RouteReply<'stepSiteRestore'>> => {
    const { params, body, caller, settle } = call
    const { catalog, clock } = ports
    const restore = (await readSiteRestore(catalog, params.restoreId)).value
    const items = await readSiteSteps(catalog, params.restoreId)
    const item = stepNumbered(items, body.step)
    const known = await knownSteps(
      catalog,
      items.map(({ value }) => value),
    )
    const state = known[body.step - 1]?.state ?? 'open'
    if (restore.ended)
      throw new SiteStepRefusedError(
        item.value.step.title,
        `the restore was ended by ${restore.ended.by}.`,
        'Begin another restore from the site point.',
      )
    const doing: Doing = { by: caller.name, at: clock.now(), because: body.because }
    if (body.command === 'start') {
      guardStart(item.value, state, waitsFor(item.value, statesOf(known)), body.from)
      return beginSiteStep(ports, call, item, doing)
    }
    const runId = known[body.step - 1]?.runId
    if (body.command === 'confirm' && state === 'action-required' && runId !== undefined) {
      const from = await behindPerson(catalog, runId)
      return beginSiteStep(ports, { ...call, body: { ...body, from } }, item, doing)
    }
    const after = CHANGES[body.command](item.value, state, doing)
    const reply = { step: body.step, state: after.settled ?? ('open' as const) }
    await write(catalog, item, after, settle ? [settle(reply)] : [])
    return reply
  }

const CHANGES: Record<
  'confirm' | 'skip' | 'again',
  (step: StoredStep, state: SiteStepState, doing: Doing) => StoredStep
> = { confirm: confirmed, skip: skipped, again: reopened }

/** Where the restore of a component goes on that waits for a person; what its run told, and its guest holds by. */
const behindPerson = async (
  catalog: Ports['catalog'],
  runId: string,
): Promise<number | undefined> => {
  const standing = await standingOf(catalog, runId)
  return standing.state === 'person' ? standing.stopped.from?.[0] : undefined
}

const write = (
  catalog: Ports['catalog'],
  item: CatalogItem<StoredStep>,
  after: StoredStep,
  beside: Parameters<Ports['catalog']['write']>[0],
): Promise<void> => catalog.write([stepWrite(item, after), ...beside])

export const handler = httpHandler('stepSiteRestore', stepSiteRestore)
