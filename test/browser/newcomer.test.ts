import { existsSync } from 'node:fs'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startBrowser, visitor } from '#test/support/browser/browser.ts'
import { axeFindings } from '#test/support/browser/console.ts'
import { type KeptDemo, keptDemo, processesNaming } from '#test/support/browser/kept-demo.ts'

/*
 * Motivation: whoever hears of XenKeep tries it, and has read nothing.
 * Steps: somebody starts the demo, opens the address that it prints, signs in with the password beside it, protects a VM by a policy, watches a run of it and restores the
 * VM, going only where words on the page lead. Then they press Ctrl-C.
 * Passes when the page shows the proof of the restore, and nothing of the demo is left.
 */

let demo: KeptDemo
let browser: Browser

beforeAll(async () => {
  ;[demo, browser] = await Promise.all([keptDemo(), startBrowser()])
}, 240_000)
afterAll(async () => {
  await browser?.close()
  demo?.kill()
})

test('a newcomer protects a VM, watches the run and restores it, by what the pages say', async () => {
  const { page, troubles } = await visitor(browser, demo.url)
  const press = (name: string) => page.getByRole('button', { name, exact: true }).first().click()
  const follow = (name: string) => page.getByRole('link', { name, exact: true }).first().click()
  const at = (headline: string | RegExp) =>
    page.getByRole('heading', { level: 1, name: headline }).waitFor()
  const says = (text: string | RegExp) => page.getByText(text).first().waitFor()

  await page.goto(demo.url)
  await page.getByLabel('Password').fill(demo.password)
  await press('Sign in')

  await at('Overview')
  await page.getByRole('heading', { name: 'First steps' }).waitFor()
  expect(await axeFindings(page)).toEqual([])
  await follow('Create a policy')

  await at('Which virtual machines')
  await page.getByLabel('Name of the policy').fill('Nightly')
  await page.getByRole('button', { name: /^Just these virtual machines/ }).click()
  await page.getByRole('option', { name: /^web-01/ }).click()
  await page.keyboard.press('Escape')
  await says('Takes 1 of 3 VMs')
  await press('Go to Summary')
  await at('Summary')
  await press('Create a policy')

  await at('Nightly')
  await press('Run now')
  await press('Watch it')
  await says('Succeeded')
  await follow('Restore from this recovery point')

  await at('Recovery point')
  await says('Chosen: web-01')
  await press('Next')
  await at('Target')
  await press('Next')
  await at('Options')
  await press('Next')
  await at('What will happen')
  await says('It begins at once')
  await press('Start the restore')
  await says('Succeeded')
  await says('What was written is proven')
  expect(await axeFindings(page)).toEqual([])

  await follow('Overview')
  await at('Overview')
  await page.getByText('Is everything protected?').waitFor()
  await page.getByRole('heading', { name: 'First steps' }).waitFor({ state: 'hidden' })
  expect(troubles).toEqual([])
}, 240_000)

test('Ctrl-C leaves nothing of it', async () => {
  expect(await demo.interrupt()).toBe(0)
  expect(existsSync(demo.folder)).toBe(false)
  expect(await processesNaming(demo.folder)).toEqual([])
  await expect(fetch(demo.url)).rejects.toThrow()
})
