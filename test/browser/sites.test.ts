import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import {
  axeFindings,
  openConsole,
  picture,
  type TestConsole,
} from '#test/support/browser/console.ts'
import { startLedgerGuest } from '#test/support/ledger-guest.ts'
import { type Machine, MiB, startMachine } from '#test/support/machine.ts'
import { until } from '#test/support/patience.ts'

/*
 * Motivation: a XenDesktop site is one thing to whoever looks after it: it is defined, backed up and brought back as a whole.
 * Steps: a site is defined as text, a policy takes it, it is backed up from its page; its point tells what is missing; a restore of it is begun, one step is done by a run,
 * one by hand, one left out with a reason. A step whose restore stops for a person inside its guest is confirmed and goes on; another such restore is given up on its run's page.
 * Passes when each page says so in words, and axe finds nothing.
 */

let machine: Machine
let xenkeep: TestConsole

beforeAll(async () => {
  machine = await startMachine({ ddc1: [randomBytes(MiB)], dc1: [randomBytes(MiB)] })
  xenkeep = await openConsole(machine)
})
afterAll(async () => {
  await xenkeep?.close()
  await machine?.stop()
})

const DEFINITION = `kind: xendesktop-site
name: Vienna
components:
  - role: dc
    target: { vm: dc1 }
  - role: ddc
    target: { vm: ddc1 }
  - role: sql
    target: { vm: sql1 }
`

test('a site is defined, backed up, and brought back step by step', async () => {
  const { page, troubles, context } = await xenkeep.at('/sites')
  const press = (name: string | RegExp) => page.getByRole('button', { name }).first().click()
  const says = (text: string | RegExp) => page.getByText(text).first().waitFor()

  await press('Define a site')
  await page.getByLabel('Definition').fill('name: [')
  await says(/It cannot be read/)
  await page.getByLabel('Definition').fill(DEFINITION)
  await page.getByRole('img', { name: /Machines: dc1, ddc1/ }).waitFor()
  await says(/"sql1"/)
  expect(await axeFindings(page)).toEqual([])
  await press('Save the site')
  await page.getByRole('heading', { level: 1, name: 'Vienna' }).waitFor()

  await machine.person.call('createPolicy', {
    body: {
      name: 'Sites',
      selection: { include: [{ site: 'Vienna' }] },
      retention: { daily: 7 },
    },
  })
  await page.reload()
  await press('Back up now')
  await says('A run of the policy "Sites" is started.')
  await picture(page, 'site')
  await page.getByRole('img', { name: /The parts of the site/ }).waitFor()
  const point = page.getByRole('table', { name: 'Site points' }).getByRole('link').first()
  await point.click()
  await page.getByRole('heading', { level: 1, name: 'Site point of Vienna' }).waitFor()
  await says('Partial')
  await says(/sql1/)
  await picture(page, 'site-point')
  expect(await axeFindings(page)).toEqual([])

  await press('Bring the site back')
  await page.getByRole('dialog').getByRole('button', { name: 'Bring the site back' }).click()
  await page.getByRole('heading', { level: 1, name: 'Restore of Vienna' }).waitFor()
  expect(await axeFindings(page)).toEqual([])
  await picture(page, 'site-restore')

  const dialog = page.getByRole('dialog')
  await press(/^It is done: Find out/)
  const confirms = dialog.getByRole('checkbox')
  if (await confirms.count()) await confirms.check()
  await dialog.getByRole('button', { name: 'It is done' }).click()
  await says('The step is done.')
  await press(/^Leave out: /)
  const leave = dialog.getByRole('button', { name: 'Leave out' })
  if (await leave.isDisabled()) await dialog.getByLabel('Why').fill('nothing of it was lost')
  await leave.click()
  await says('The step is left out.')
  await press(/^Start: /)
  if (await confirms.count()) await confirms.check()
  await dialog.getByRole('button', { name: 'Start' }).click()
  await says('The step is started.')
  expect(troubles).toEqual([])
  await context.close()
})

test('a step that stops for a person says what to do, and goes on when that is confirmed', async () => {
  const guest = await startLedgerGuest(machine)
  onTestFinished(guest.stop)
  const { person } = machine
  const { restoreId } = await person.call('startSiteRestore', {
    body: { pointId: guest.sitePointId },
  })
  const { steps } = await person.call('getSiteRestore', { params: { restoreId } })
  const ofGuest = steps.find(({ job }) => job?.kind === 'restore-component')
  for (const { number } of steps.slice(0, (ofGuest?.number ?? 1) - 1))
    await person.call('stepSiteRestore', {
      params: { restoreId },
      body: { step: number, command: 'skip', because: 'Not lost.' },
    })
  const { page, troubles, context } = await xenkeep.at(
    `/sites/${guest.siteId}/restores/${restoreId}`,
  )
  const press = (name: string | RegExp) => page.getByRole('button', { name }).first().click()
  const says = (text: string | RegExp) => page.getByText(text).first().waitFor()
  const dialog = page.getByRole('dialog')

  await press(/^Start: .*ledger/i)
  const confirms = dialog.getByRole('checkbox')
  if (await confirms.count()) await confirms.check()
  await dialog.getByRole('button', { name: 'Start' }).click()
  await says('Waits for a person')
  await says('A person does this')
  await says(/^Look at \S+\/data, and switch the ledger off\.$/)
  await says('To come')
  await picture(page, 'site-restore-person')
  expect(await axeFindings(page)).toEqual([])
  await press(/^It is done: .*ledger/i)
  await dialog.getByRole('button', { name: 'It is done' }).click()
  await says('It goes on with the rest of this step.')
  await page.getByText('Waits for a person').waitFor({ state: 'detached' })
  await until('the step is done', async () => {
    const { steps } = await person.call('getSiteRestore', { params: { restoreId } })
    return steps.find(({ id }) => id === ofGuest?.id)?.state === 'done'
  })

  const { runId } = await person.call('startRun', {
    body: { kind: 'component-restore', pointId: guest.pointId },
  })
  await page.goto(new URL(`/runs/${runId}`, page.url()).href)
  await says('Stopped for a person')
  await says('A person does this')
  expect(await axeFindings(page)).toEqual([])
  await picture(page, 'run-person')
  await press('Give it up')
  await dialog.getByRole('button', { name: 'Give it up' }).click()
  await says(/so that nothing stays paused/)
  expect(troubles).toEqual([])
  await context.close()
})
