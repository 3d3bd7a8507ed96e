import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AuditRecord } from '#core/contracts/audit-api.ts'
import { axeFindings, openConsole, type TestConsole } from '#test/support/browser/console.ts'
import { type Machine, MiB, startMachine } from '#test/support/machine.ts'
import { selfSigned } from '#test/support/self-signed.ts'
import { type SmtpReceiver, smtpReceiver } from '#test/support/smtp-receiver.ts'

let machine: Machine
let xenkeep: TestConsole
let mail: SmtpReceiver
const tls = await selfSigned('localhost')

beforeAll(async () => {
  mail = await smtpReceiver(tls)
  machine = await startMachine({ web: [randomBytes(MiB)] })
  await mkdir(machine.site.file('secrets'), { recursive: true, mode: 0o700 })
  await writeFile(machine.site.file('secrets', 'mail-ca'), tls.cert, { mode: 0o600 })
  xenkeep = await openConsole(machine)
})
afterAll(async () => {
  await xenkeep?.close()
  await machine?.stop()
  await mail?.close()
})

const act = async (page: Page, name: string, action: string): Promise<void> => {
  await page.getByRole('button', { name: `Actions for ${name}` }).click()
  await page.getByRole('menuitem', { name: action }).click()
}

const choose = async (page: Page, field: string | RegExp, option: string): Promise<void> => {
  await page.getByRole('button', { name: field }).click()
  await page.getByRole('option', { name: option }).first().click()
}

/*
 * Motivation: nobody finds out in the night of a failure that a mail server refuses what was set up.
 * Steps: a mail channel is added by the form, tested against a mail server, and deleted by typing its name.
 * Passes when the mail server has the test, the page says that it was delivered, and the channel is gone.
 */
test('a mail channel is added, tested and deleted', async () => {
  const { page, troubles } = await xenkeep.at('/notifications')
  await page.getByRole('tab', { name: 'Channels' }).click()
  await page.getByText('There is no channel').waitFor()
  await page.getByRole('button', { name: 'Add a channel' }).first().click()
  const form = page.getByRole('dialog', { name: 'Add a channel' })
  const fill = (label: string | RegExp, value: string) => form.getByLabel(label).fill(value)
  await form.getByLabel('Name', { exact: true }).fill('night shift')
  await fill('Sender', 'xenkeep@example.org')
  await fill('Receivers', 'ops@example.org')
  await fill('Host', 'localhost')
  await fill('Port', String(mail.port))
  await fill(/^Certificate authority/, 'mail-ca')
  expect(await axeFindings(page)).toEqual([])
  await form.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('rowheader', { name: 'night shift' }).waitFor()

  await act(page, 'night shift', 'Send a test')
  await page.getByText('It was delivered.').waitFor()
  expect(mail.received.map(({ to }) => to)).toEqual([['ops@example.org']])
  await page.keyboard.press('Escape')

  await act(page, 'night shift', 'Edit')
  const edit = page.getByRole('dialog', { name: 'Edit night shift' })
  expect(await edit.getByLabel('Port').inputValue()).toBe(String(mail.port))
  await edit.getByRole('button', { name: 'Save' }).click()
  await edit.waitFor({ state: 'detached' })
  const [channel] = (await machine.person.call('listChannels')).items
  expect(channel?.to).toEqual({
    ...{ kind: 'mail', from: 'xenkeep@example.org', to: ['ops@example.org'] },
    smtp: { host: 'localhost', port: mail.port, security: 'starttls', ca: 'mail-ca' },
  })

  await act(page, 'night shift', 'Delete')
  const removal = page.getByRole('dialog', { name: 'Delete night shift' })
  await removal.getByLabel('To confirm').fill('night shift')
  await removal.getByRole('button', { name: 'Delete' }).click()
  await page.getByText('There is no channel').waitFor()
  await page.getByRole('tab', { name: 'What was sent' }).click()
  await page.getByText('Delivered', { exact: true }).waitFor()
  expect(await axeFindings(page)).toEqual([])
  expect(troubles).toEqual([])
})

/*
 * Motivation: an outside system gets what it needs, once, and is out again when it should be.
 * Steps: a token is made by the form, used for a call, and revoked by typing who used it.
 * Passes when the call works before and is refused after, and the page never shows the token again.
 */
test('a token is made, used and revoked', async () => {
  const { page, troubles } = await xenkeep.at('/settings')
  await page.getByText('Every restore').or(page.getByText('A restore that writes over')).waitFor()
  expect(await axeFindings(page)).toEqual([])
  await page.getByRole('tab', { name: 'API tokens' }).click()
  await page.getByRole('button', { name: 'Make a token' }).first().click()
  const form = page.getByRole('dialog', { name: 'Make a token' })
  await form.getByLabel('Who will use it').fill('monitoring <b>1</b>')
  await form.getByRole('button', { name: 'Make it' }).click()
  await form.getByText('shown once').waitFor()
  expect(await axeFindings(page)).toEqual([])
  const token = (await form.getByText(/^xk_?\S{20,}/).textContent()) ?? ''
  const call = () =>
    fetch(`${xenkeep.url}/v1/vms`, { headers: { authorization: `Bearer ${token}` } })
  expect((await call()).status).toBe(200)
  await form.getByRole('button', { name: 'Close' }).last().click()

  await page.getByRole('button', { name: 'Revoke the token of monitoring' }).click()
  const dialog = page.getByRole('dialog', { name: 'Revoke the token of monitoring' })
  await dialog.getByLabel('To confirm').fill('monitoring <b>1</b>')
  await dialog.getByRole('button', { name: 'Revoke' }).click()
  await page.getByText('Revoked', { exact: true }).waitFor()
  expect((await call()).status).toBe(401)
  expect(await page.getByText(token).count()).toBe(0)
  expect(await axeFindings(page)).toEqual([])
  expect(troubles).toEqual([])
})

describe('the audit', () => {
  /*
   * Motivation: an auditor asks who revoked what, and takes the records along.
   * Steps: a token is revoked; the records are narrowed down to that by action, then to somebody who did nothing; all are exported.
   * Passes when the record names who, what and the outcome, and each line of the file is a record.
   */
  test('shows a revocation, and hands out its records', async () => {
    const { tokenId } = await machine.person.call('createToken', {
      body: { name: 'old ticket system', role: 'viewer' },
    })
    await machine.person.call('revokeToken', { params: { tokenId } })

    const { page, troubles } = await xenkeep.at('/audit')
    await choose(page, /^Action /, 'revokeToken')
    const row = page.getByRole('row').filter({ hasText: tokenId }).first()
    await row.getByText('Revokes a token at once').waitFor()
    await row.getByText('Done', { exact: true }).waitFor()
    // The row was in the list before that was narrowed, too.
    await page.getByText('createToken').first().waitFor({ state: 'detached' })
    expect(await axeFindings(page)).toEqual([])

    const saved = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Export as JSON lines' }).click()
    const lines = (await readFile(await (await saved).path(), 'utf8')).trimEnd().split('\n')
    const records = lines.map(line => JSON.parse(line) as AuditRecord)
    expect(records.every(({ action }) => action === 'revokeToken')).toBe(true)
    expect(records.some(({ target }) => target?.includes(tokenId))).toBe(true)

    await page.getByLabel('Who', { exact: true }).fill('nobody')
    await page.getByText('Nothing matches').waitFor()
    await page.getByRole('button', { name: 'Clear the filters' }).click()
    await page.getByText('createToken').first().waitFor()
    expect(troubles).toEqual([])
  })

  test('is for administrators: others are told so', async () => {
    const { page } = await xenkeep.visit()
    await page.route('**/v1/caller', route =>
      route.fulfill({ json: { name: 'ann', role: 'operator' } }),
    )
    await page.goto('/audit')
    await page.getByLabel('Password').fill(xenkeep.password)
    await page.keyboard.press('Enter')
    await page.getByText('it takes the role administrator').waitFor()
    expect(await axeFindings(page)).toEqual([])
  })
})
