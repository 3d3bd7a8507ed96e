import { expect, test } from 'vitest'
import { componentUuid } from '#core/points/component-uuid.ts'

test('the UUID of a component is of version 5, made of guest, recipe and instance', async () => {
  // `python3 -c 'import uuid; print(uuid.uuid5(uuid.NAMESPACE_DNS, "www.example.com"))'`
  expect(await componentUuid('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'www.example.com')).toBe(
    '2ed6657d-e927-568b-95e1-2665a8aea6a2',
  )
  const guest = '3f2b0d5c-7a1e-4a43-9a5e-1f0f8a3f4f10'
  expect(await componentUuid(guest, 'postgresql', 'main')).not.toBe(
    await componentUuid(guest, 'postgresql'),
  )
})
