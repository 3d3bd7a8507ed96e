import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { PointSummary } from '#core/contracts/points.ts'
import { axeFindings, openConsole, type TestConsole } from '#test/support/browser/console.ts'
import { ext4Image } from '#test/support/guest-images.ts'
import { guestTree, HOSTILE_NAMES } from '#test/support/guest-tree.ts'
import { type Machine, MiB, startMachine } from '#test/support/machine.ts'
import { describeWithTools } from '#test/support/tools.ts'

/*
 * Motivation: somebody deleted a file, and who gets it back does not want to restore a machine for it; nor may anybody on the way read what was in it.
 * Steps: from the point of a virtual machine to its volumes, folders and files, of which some are called so that they would hurt a page, and one folder has 10,000; a
 * file and a folder are downloaded; the session ends, the look ends, the gateway's owner forbids it.
 * Passes when what Chromium saved is byte by byte what the guest had, the audit records tell who downloaded it, no name was executed, and nobody lost their place.
 */

const TOOLS = ['linux.uml', 'nbdfuse', 'fusermount3', 'insmod', 'mke2fs']
const MANY = 10_000
const BIG = randomBytes(9 * MiB + 77)

describeWithTools(TOOLS, 'files of a point in the console', () => {
  const folder = mkdtempSync(join(tmpdir(), 'xenkeep-guest-'))
  let machine: Machine
  let xenkeep: TestConsole
  let point: PointSummary

  beforeAll(async () => {
    const tree = join(folder, 'tree')
    guestTree(tree, { big: BIG, many: MANY })
    const image = await ext4Image(join(folder, 'disk.raw'), 24 * MiB, tree, 'rootfs', MANY + 100)
    machine = await startMachine(
      { web: [readFileSync(image)] },
      { gateway: { fileBrowsing: 'on' } },
    )
    point = await machine.backup('web')
    xenkeep = await openConsole(machine)
  }, 120_000)
  afterAll(async () => {
    await xenkeep?.close()
    await machine?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const filesPage = (page: Page) => ({
    open: (name: string) => page.getByRole('link', { name, exact: true }).press('Enter'),
    take: (name: string) => page.getByRole('button', { name, exact: true }).press('Enter'),
    inFolder: (name: string, entries: number) =>
      page
        .getByRole('heading', { level: 2, name: `${name} (${entries.toLocaleString('en')})` })
        .waitFor(),
    async download(press: () => Promise<void>): Promise<{ name: string; content: Buffer }> {
      const [saved] = await Promise.all([page.waitForEvent('download'), press()])
      return { name: saved.suggestedFilename(), content: await readFile(await saved.path()) }
    },
  })

  const picture = async (page: Page, name: string): Promise<void> => {
    const to = process.env.XENKEEP_SCREENSHOTS
    if (!to) return
    await mkdir(to, { recursive: true })
    await page.screenshot({ path: join(to, `${name}.png`), fullPage: true })
  }

  test('from a machine to its file: what is saved is what the guest had, and recorded', async () => {
    const { page, troubles } = await xenkeep.at(`/vms/${point.vmUuid}`)
    const { open, take, inFolder, download } = filesPage(page)
    await page.getByRole('button', { name: /^Actions for the point/ }).click()
    await page.getByRole('menuitem', { name: 'Browse files' }).click()
    await page.getByRole('heading', { level: 2, name: 'Volumes (1)' }).waitFor()
    expect(await axeFindings(page)).toEqual([])
    await picture(page, 'files-volumes')

    await open('Open volume 0')
    await inFolder('0', 7)
    await picture(page, 'files-root')
    await open('Open folder etc')
    await inFolder('etc', 1)
    expect(new URL(page.url()).searchParams.get('path')).toBe('/etc')
    const hostname = await download(() => take('hostname'))
    expect(hostname).toEqual({ name: 'hostname', content: Buffer.from('db-01\n') })
    await page.getByText('6 B, saved as hostname').waitFor()

    await page.goBack()
    await inFolder('0', 7)
    // Who went back stands where they came from.
    await expect
      .poll(() => page.locator(':focus').getAttribute('aria-label'))
      .toBe('Open folder etc')
    await open('Open folder data')
    await inFolder('data', 1)
    const big = await download(() => take('Download big.bin'))
    expect(big.content.equals(BIG)).toBe(true)
    expect(await axeFindings(page)).toEqual([])
    await picture(page, 'files-downloads')

    const { runId } = (await machine.person.call('listRuns', { query: { kind: 'files' } }))
      .items[0] as { runId: string }
    const { items: records } = await machine.person.call('listAudit', {})
    expect(JSON.stringify(records)).toMatch(/\/data\/big\.bin/)
    // Who leaves frees the gateway.
    await page.getByRole('link', { name: 'Choose another point' }).click()
    await page.getByRole('heading', { level: 1, name: 'Files' }).waitFor()
    await expect
      .poll(async () => (await machine.getRun(runId)).run.state)
      .toMatch(/cancelled|succeeded/)
    expect(troubles).toEqual([])
  })

  test('names that would hurt a page, and a folder of 10,000', async () => {
    const { page, troubles } = await xenkeep.at(
      `/files?point=${point.pointId}&volume=0&path=%2Fnames`,
    )
    const { open, take, inFolder, download } = filesPage(page)
    await inFolder('names', HOSTILE_NAMES.length + 2)
    await picture(page, 'files-names')
    expect(await axeFindings(page)).toEqual([])
    await page.getByText('Its name is not UTF-8').first().waitFor()
    const [script, line] = HOSTILE_NAMES
    expect(await download(() => take(script))).toEqual({
      name: '_img src=x onerror=_globalThis.hurt=1__',
      content: Buffer.from(script),
    })
    const broken = await download(() => take('new\\nline'))
    expect(broken).toEqual({ name: 'new_line', content: Buffer.from(line) })
    await open('Open folder <b>folder')
    await inFolder('<b>folder', 1)
    const tar = await download(() =>
      page.getByRole('button', { name: 'Download this folder' }).click(),
    )
    expect(tar.name).toBe('_b_folder.tar')
    expect(tar.content.includes('inside')).toBe(true)
    expect(await page.evaluate(() => 'hurt' in globalThis)).toBe(false)

    await page.getByRole('link', { name: '0', exact: true }).click()
    await open('Open folder many')
    await inFolder('many', MANY)
    await picture(page, 'files-many')
    await page.getByRole('button', { name: 'Download file-99', exact: true }).waitFor()
    await page.getByLabel('Find a name in this folder').fill('9999')
    await page.getByText('1 match', { exact: true }).first().waitFor()
    await page.getByRole('button', { name: 'Download file-9999' }).waitFor()
    expect(await axeFindings(page)).toEqual([])
    expect(troubles).toEqual([])
  })

  test('a session that ends and a look that ends lose no place; an owner who forbids it is told', async () => {
    const { page, troubles } = await xenkeep.at(`/files?point=${point.pointId}&volume=0`)
    const { open, inFolder } = filesPage(page)
    await inFolder('0', 7)
    await page.evaluate(() => localStorage.removeItem('xenkeep.session'))
    await open('Open folder data')
    const dialog = page.getByRole('dialog', { name: 'Sign in again' })
    await dialog.getByLabel('Password').fill(xenkeep.password)
    await page.keyboard.press('Enter')
    await dialog.waitFor({ state: 'detached' })
    await inFolder('data', 1)

    // A call that fails is told, and the button is still good for one that does not.
    const close = page.getByRole('button', { name: 'Close the point' })
    await page.route('**/v1/runs/*/cancel', route => route.abort(), { times: 1 })
    await close.click()
    await page.getByText('The point could not be closed').waitFor()
    await close.click()
    await page.getByText('The gateway has closed the recovery point').waitFor()
    await inFolder('data', 1)
    await picture(page, 'files-ended')
    await page.getByRole('link', { name: '0', exact: true }).click()
    await inFolder('0', 7)
    await open('Open folder etc')
    await page.getByRole('button', { name: 'Start again' }).click()
    await inFolder('etc', 1)

    await close.click()
    const file = machine.site.file('settings.json')
    const settings = JSON.parse(readFileSync(file, 'utf8'))
    settings.gateway.fileBrowsing = 'off'
    writeFileSync(file, JSON.stringify(settings))
    await page.getByRole('button', { name: 'Start again' }).click()
    await page.getByText('Code: FILE_BROWSING_OFF').waitFor()
    expect(await axeFindings(page)).toEqual([])
    await picture(page, 'files-off')
    expect(troubles).toEqual([])
  })
})
