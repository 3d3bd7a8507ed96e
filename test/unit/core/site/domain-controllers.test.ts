import { expect, test } from 'vitest'
import { domainControllerBySite } from '#core/site/domain-controllers.ts'
import { vmUuid } from '#test/support/fake-gateway.ts'
import { siteGuest, xendesktopSite } from '#test/support/xendesktop-site.ts'

const { site, inventory, guests } = xendesktopSite()
const vm = (wanted: string) => {
  const found = inventory.vms.find(({ name }) => name === wanted)
  if (!found) throw new Error(`no VM ${wanted}`)
  return found
}

test('a VM that the definition of a site calls so is a domain controller, with the lifetime that its agent read', () => {
  expect(domainControllerBySite([site], guests, vm('DC01'))).toEqual({
    toldBy: 'the site "Vienna"',
    tombstoneDays: 180,
  })
  // Its agent says nothing of the directory: what the definition says counts, if anything.
  expect(domainControllerBySite([site], guests, vm('DC02'))).toEqual({
    toldBy: 'the site "Vienna"',
  })
  const told = { ...site, domainControllers: { tombstoneDays: 60 } }
  expect(domainControllerBySite([told], guests, vm('DC02'))).toMatchObject({ tombstoneDays: 60 })
})

test('also where only its agent is named; and no other VM is one', () => {
  const only = { ...site, components: site.components.filter(({ target }) => target.guest) }
  expect(domainControllerBySite([only], guests, vm('DC01'))).toBeDefined()
  expect(domainControllerBySite([only], guests, vm('DC02'))).toBeUndefined()
  expect(domainControllerBySite([site], guests, vm('SQL01'))).toBeUndefined()
  const elsewhere = [siteGuest(9, 'DC01', { vmUuid: vmUuid(0x999) })]
  expect(domainControllerBySite([only], elsewhere, vm('DC01'))).toBeUndefined()
})
