import type { HostFacts } from '#core/points/component-subject.ts'
import type { Download } from '../xapi/api.ts'

/** What a pool tells of itself beside its VMs. Every stream has to be read to its end, asked for its `outcome`, and closed. */
export interface PoolComponents {
  /** The pool's own clock, milliseconds since 1970. */
  now(): Promise<number>
  /** The database, from `/pool/xmldbdump`: holds secrets. @throws `XAPI_PERMISSION_DENIED` unless the user is a pool-admin */
  database(signal: AbortSignal): Promise<Download>
  /**
   * Asks the coordinator whether it would take a database. Nothing is changed.
   * @param length bytes of `body`
   * @throws `POOL_RESTORE_REFUSED`, `XAPI_PERMISSION_DENIED`
   */
  rehearseRestore(
    length: number,
    body: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<void>
  /** The records of all VMs but default templates, as one XVA without disks. */
  vmRecords(signal: AbortSignal): Promise<Download>
  /** The archive of a host's control domain, from the host itself. @throws `HOST_NOT_FOUND`, `XAPI_PERMISSION_DENIED` */
  hostBackup(hostUuid: string, signal: AbortSignal): Promise<Download>
  /** @throws `HOST_NOT_FOUND` */
  hostFacts(hostUuid: string): Promise<HostFacts>
}
