import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { measure } from '#bench/measure.ts'

const MiB = 1024 * 1024
const TOGETHER = 480 * MiB // of all disks
const GATE = 450 // MiB of peak RSS, whatever the number of disks
const CHILD = fileURLToPath(import.meta.resolve('#bench/processes/streams.ts'))

/**
 * Motivation: a gateway is a small machine, and 80 disks at once are a normal night. Steps: a process of its own backs up so many disks at once, with threads and
 * the usual budget, into a store that forgets them. Pass: the most memory that the kernel saw it hold. What was measured on a quiet machine is in
 * docs/performance.md; the gate is that of the goals.
 */
test.each([8, 80])('%i disks at once stay within 450 MiB', async disks => {
  const args = [disks, TOGETHER / disks, 0].map(String)
  const { peakRss, stdout } = await measure([process.execPath, CHILD, ...args])
  expect(JSON.parse(stdout).bytes).toBe(TOGETHER)
  expect(peakRss / MiB).toBeGreaterThan(50) // it was measured at all
  expect(peakRss / MiB).toBeLessThan(GATE)
})
