import { readFile, rm } from 'node:fs/promises'
import { z } from 'zod'
import { CODE_VALID_MS, codeValidUntil, createCode } from '#core/gateways/enrol.ts'
import { findGateway } from '#core/gateways/gateway.ts'
import type { Ports } from '#functions/ports.ts'
import { readJson, writePrivately } from './data-directory.ts'

const Identity = z.looseObject({ gatewayId: z.string() })

/**
 * Keeps a fresh one-time code beside the local gateway for as long as it is not enrolled: at its first start, when its identity
 * was lost, and when the catalog was lost and does not know it any more.
 */
export const keepEnrolmentCode =
  (
    { catalog, random, clock }: Pick<Ports, 'catalog' | 'random' | 'clock'>,
    files: { identity: string; enrolmentCode: string },
  ) =>
  async (): Promise<void> => {
    if (await isEnrolled(catalog, files.identity)) {
      await rm(files.enrolmentCode, { force: true })
      return
    }
    const written = await readFile(files.enrolmentCode, 'utf8').catch(() => '')
    const until = (await codeValidUntil(catalog, written)) ?? 0
    if (until - clock.now() > CODE_VALID_MS / 2) return
    // On one machine there is one gateway, which does what there is to do.
    const { code } = await createCode(catalog, random, clock.now(), { maintenance: true })
    await writePrivately(files.enrolmentCode, `${code}\n`)
  }

const isEnrolled = async (catalog: Ports['catalog'], identityFile: string): Promise<boolean> => {
  const identity = Identity.safeParse(await readJson(identityFile))
  if (!identity.success) return false
  // One that was revoked gets no code by itself: an administrator decides.
  return (await findGateway(catalog, identity.data.gatewayId)) !== undefined
}
