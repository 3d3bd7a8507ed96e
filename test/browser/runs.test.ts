import { randomBytes } from 'node:crypto'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createClient } from '#core/contracts/client.ts'
import {
  axeFindings,
  openConsole,
  picture,
  type TestConsole,
} from '#test/support/browser/console.ts'
import { type Machine, MiB, startMachine } from '#test/support/machine.ts'

/*
 * Motivation: what runs, why something failed and what to do about it is what people open the console for, and a restore over a virtual machine is what they must not do by mistake.
 * Steps: a run is watched to its end while the API is away for a time; another one fails in part, is explained and tried again; one is cancelled; an outside system asks for
 * a restore over a virtual machine, and somebody approves it.
 * Passes when each page said what was true, and the API tells the same.
 */

let machine: Machine
let xenkeep: TestConsole

beforeAll(async () => {
  machine = await startMachine({
    web: [randomBytes(2 * MiB), randomBytes(MiB)],
    db: [randomBytes(MiB)],
  })
  xenkeep = await openConsole(machine)
})
afterEach(() => machine.pool.state.faults.clear())
afterAll(async () => {
  await xenkeep?.close()
  await machine?.stop()
})

const runPage = (page: Page) => ({
  state: (words: string) => page.getByText(words, { exact: true }).first().waitFor(),
  async press(action: string) {
    await page.getByRole('button', { name: action }).first().click()
    return page.getByRole('dialog')
  },
})

/** Snapshots take so long that somebody can look at what is going on, in ms. */
const slowSnapshots = (milliseconds: number) =>
  machine.pool.state.faults.add({
    ...{ kind: 'delay-call', method: 'VM.snapshot', milliseconds, times: 9 },
  })

test('a run is watched to its end, also while the API is away; then nobody asks any more', async () => {
  const { page, troubles } = await xenkeep.at('/runs')
  slowSnapshots(6_000)
  const runId = await machine.start(['web', 'db'])
  await page.getByRole('link', { name: '"web", "db"' }).click()
  const { state } = runPage(page)
  await state('At work')
  await page.getByRole('heading', { name: 'Progress' }).waitFor()
  await picture(page, 'run-at-work')
  await page.route('**/v1/runs/**', route => route.abort())
  await page.getByText('How the run stands could not be looked at just now.').waitFor()
  expect(await axeFindings(page)).toEqual([])
  await page.unroute('**/v1/runs/**')
  await state('Succeeded')
  await page.getByText('could not be looked at').waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Details of web' }).click()
  await page
    .getByText(/MiB read, (in full|only what changed)/)
    .first()
    .waitFor()
  expect(await axeFindings(page)).toEqual([])
  await picture(page, 'run-succeeded')
  const asked: string[] = []
  page.on('request', request => asked.push(request.url()))
  await expect.poll(async () => (await machine.getRun(runId)).run.state).toBe('succeeded')
  await page.waitForTimeout(2_500) // longer than an open run is left alone
  expect(asked.filter(url => url.includes(runId))).toEqual([])
  expect(troubles).toEqual([])
})

test('a failure is explained, and what failed is tried again', async () => {
  const { page, troubles } = await xenkeep.at('/runs')
  machine.pool.state.faults.add({
    ...{ kind: 'fail-call', method: 'VM.snapshot', times: 1 },
    error: ['SR_BACKEND_FAILURE_44', '', 'There is insufficient space', ''],
  })
  const runId = await machine.start(['web', 'db'])
  const { run, jobs } = await machine.finished(runId)
  expect(run.state).toBe('warning')
  const failed = jobs.find(({ outcome }) => outcome?.status === 'failed')
  if (failed?.outcome?.status !== 'failed' || failed.spec.kind !== 'backup-vm')
    throw new Error(run.line)
  const { vmName } = failed.spec

  await page.goto('/runs?state=troubled')
  await page.getByRole('link', { name: '"web", "db"' }).click()
  const { state, press } = runPage(page)
  await state('With problems')
  await page.getByRole('button', { name: /^Show/ }).click()
  await page.getByRole('option', { name: /^Those that failed/ }).click()
  await page.getByRole('button', { name: `Details of ${vmName}` }).click()
  await page.getByText(failed.outcome.problem.message, { exact: true }).waitFor()
  await page.getByText(`Code: ${failed.outcome.problem.code}`).waitFor()
  expect(await page.getByRole('row').count()).toBe(2)
  expect(await axeFindings(page)).toEqual([])
  await picture(page, 'run-failed')

  const dialog = await press('Try again what failed')
  await dialog.getByRole('button', { name: 'Try again what failed' }).click()
  await page.getByRole('heading', { name: `again: "${vmName}"` }).waitFor()
  await state('Succeeded')
  await page.getByRole('link', { name: `Run ${runId}` }).click()
  await page.getByText('What failed was tried again by').waitFor()
  expect(await page.getByRole('button', { name: 'Try again what failed' }).count()).toBe(0)
  expect(troubles).toEqual([])
})

test('a run is cancelled when somebody has said yes', async () => {
  const { page } = await xenkeep.at('/runs?state=open')
  slowSnapshots(12_000)
  const runId = await machine.start(['web'])
  await page.getByRole('link', { name: '"web"' }).click()
  const { press, state } = runPage(page)
  const dialog = await press('Cancel the run')
  expect((await machine.getRun(runId)).run.state).toBe('running')
  await dialog.getByRole('button', { name: 'Cancel the run' }).click()
  await state('Cancelled')
  await page.getByText(/asked to stop by/).waitFor()
  expect((await machine.getRun(runId)).run.state).toBe('cancelled')
})

test('a restore over a virtual machine begins when somebody has typed its name', async () => {
  const { pointId } = await machine.backup('db')
  const { token } = await machine.person.call('createToken', {
    body: { name: 'tickets', role: 'operator' },
  })
  const outside = createClient({ baseUrl: xenkeep.url, fetch, authorize: () => `Bearer ${token}` })
  const { runId } = await outside.call('startRun', {
    body: {
      ...{ kind: 'restore', pointId },
      wishes: { identity: 'same', replace: true, shutDown: true },
    },
  })
  const { page, troubles } = await xenkeep.at('/runs?state=waiting')
  await page.getByRole('link', { name: '"db" in place' }).click()
  const { press, state } = runPage(page)
  await state('Waits for approval')
  await page.getByText('An administrator', { exact: true }).waitFor()
  const dialog = await press('Approve')
  const approve = dialog.getByRole('button', { name: 'Approve' })
  expect(await approve.isDisabled()).toBe(true)
  await dialog.getByLabel('To confirm').fill('db')
  expect(await axeFindings(page)).toEqual([])
  await picture(page, 'run-approve')
  await approve.click()
  await state('Succeeded')
  await page.getByText(/^What was written is proven/).waitFor()
  await picture(page, 'run-restored')
  expect((await machine.getRun(runId)).run.state).toBe('succeeded')
  expect(troubles).toEqual([])
})

test('a run that is not there says so, and a name that nobody bears is told of', async () => {
  const { page } = await xenkeep.at('/runs/01J00000000000000000000009')
  await page.getByText('This run is not there any more').waitFor()
  await page.goto('/runs')
  await page.getByLabel('Virtual machine').fill('wep')
  await page.keyboard.press('Enter')
  await page.getByText(/There is no VM "wep"/).waitFor()
  await page.getByLabel('Virtual machine').fill('db')
  await page.keyboard.press('Enter')
  await page.getByRole('link', { name: '"db" in place' }).waitFor()
  // Nothing has changed: the next look is answered without a body, and the list stays.
  await page.waitForResponse(
    answer => answer.url().includes('/v1/runs?') && answer.status() === 304,
  )
  await page.getByRole('link', { name: '"db" in place' }).waitFor()
  expect(await axeFindings(page)).toEqual([])
  await picture(page, 'runs')
})
