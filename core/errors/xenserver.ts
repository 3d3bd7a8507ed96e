import { XenkeepError } from './base.ts'
import { explainXapiFailure } from './xapi-failures.ts'

/**
 * XAPI answered with a failure. `code` is ours and stable, `xapiCode` and `parameters` are XAPI's own
 * (`ErrorDescription`), for callers that know what a code means for their call.
 */
export class XapiError extends XenkeepError {
  readonly code: string
  readonly xapiCode: string
  readonly parameters: readonly string[]
  /** @param during the XAPI message or HTTP handler that failed, such as `VM.snapshot`. */
  constructor(description: readonly string[], during: string, cause?: unknown) {
    const [xapiCode = 'INTERNAL_ERROR', ...parameters] = description
    const { code, message, advice, retryable } = explainXapiFailure(xapiCode, parameters, during)
    super(message, { advice, retryable, cause })
    this.code = code
    this.xapiCode = xapiCode
    this.parameters = parameters
  }
}

/** A task ended in failure: XAPI's word on what was asked of it, not of a question that it could not answer. */
export class XapiTaskFailedError extends XapiError {}

/** @returns whether `error` is a XAPI failure with one of these XAPI codes. */
export const isXapiError = (error: unknown, ...xapiCodes: string[]): error is XapiError =>
  error instanceof XapiError && xapiCodes.includes(error.xapiCode)

/** The host shows another certificate than the pinned one, or none that the CA file vouches for. No password was sent. */
export class XapiCertificateMismatchError extends XenkeepError {
  readonly code = 'XAPI_CERTIFICATE_MISMATCH'
  /** SHA-256 over the DER certificate, lower-case hex without colons; empty where the host showed none. */
  readonly fingerprint: string
  constructor(host: string, fingerprint: string, why: string, cause?: unknown) {
    super(
      `The certificate of ${host} is not trusted: ${why}. Its SHA-256 fingerprint is ${fingerprint || 'unknown'}.`,
      {
        advice:
          'Compare this fingerprint with the one shown on the console of the host itself; only if they are equal, add it to the "fingerprint" setting of the pool. No password was sent.',
        cause,
      },
    )
    this.fingerprint = fingerprint
  }
}

/** The pool's address says http:// and nobody allowed that. */
export class XapiPlainRefusedError extends XenkeepError {
  readonly code = 'XAPI_PLAIN_REFUSED'
  constructor(url: string) {
    super(`The address ${url} would send the password of the pool in clear text.`, {
      advice: 'Use an https:// address with the fingerprint of the certificate or a CA file.',
    })
  }
}

/** Neither a fingerprint nor a CA file is set, so nothing could vouch for the host. */
export class XapiTrustMissingError extends XenkeepError {
  readonly code = 'XAPI_TRUST_MISSING'
  constructor(url: string) {
    super(`Nothing is set that could prove the identity of ${url}.`, {
      advice:
        'Set the SHA-256 fingerprint of its certificate ("fingerprint") or a CA file ("caFile").',
    })
  }
}

/** No host of the pool answers. */
export class XapiUnreachableError extends XenkeepError {
  readonly code = 'XAPI_UNREACHABLE'
  constructor(hosts: readonly string[], why: string, cause?: unknown) {
    super(`No XenServer host answers at ${hosts.join(', ')}: ${why}.`, {
      advice:
        'Check that the host runs, its address, and the network and firewall in between (TCP 443).',
      retryable: true,
      cause,
    })
  }
}

/** A call was given up or cut off; whether XenServer carried it out is unknown. */
export class XapiInterruptedError extends XenkeepError {
  readonly code = 'XAPI_INTERRUPTED'
  /** Nothing came at all, as from a host that lost its power: another one may have taken its place. */
  readonly silent: boolean
  constructor(during: string, why: string, cause?: unknown, silent = false) {
    super(`The connection to XenServer was lost during ${during}: ${why}.`, {
      advice: 'The job is tried again; if this lasts, check the network and the load of the host.',
      retryable: true,
      cause,
    })
    this.silent = silent
  }
}

/** The answer is no XML-RPC of XAPI, or lacks what the data model promises. */
export class XapiUnintelligibleError extends XenkeepError {
  readonly code = 'XAPI_UNINTELLIGIBLE'
  constructor(during: string, why: string, cause?: unknown) {
    super(`The answer to ${during} is not what XenServer promises: ${why}.`, {
      advice: 'Check that the address is that of a XenServer or XCP-ng host, and not of a proxy.',
      cause,
    })
  }
}

/** The address leads to another pool than before. */
export class XapiOtherPoolError extends XenkeepError {
  readonly code = 'XAPI_OTHER_POOL'
  constructor(expected: string, found: string) {
    super(`The host now belongs to pool ${found}, not to pool ${expected}.`, {
      advice:
        'Check the address of the pool; if the host was moved on purpose, restart the gateway.',
    })
  }
}

/** The end of a task was not seen, because XAPI forgot it (a restarted toolstack) or its host died: its work may be done or not. */
export class XapiTaskLostError extends XenkeepError {
  readonly code = 'XAPI_TASK_LOST'
  constructor(
    during: string,
    { cause, hostDied = false }: { cause?: unknown; hostDied?: boolean } = {},
  ) {
    const why = hostDied
      ? `The host that worked on ${during} has died and never ended its task`
      : `XenServer forgot the task of ${during}`
    super(`${why}, so the outcome is unknown.`, {
      advice: 'The job is tried again and removes what it finds of the first attempt.',
      retryable: true,
      cause,
    })
  }
}

/** No VM with this UUID in the pool. */
export class VmNotFoundError extends XenkeepError {
  readonly code = 'VM_NOT_FOUND'
  constructor(uuid: string, cause?: unknown) {
    super(`The pool has no VM with the UUID ${uuid}.`, {
      advice:
        'List the VMs with "xenkeep vms"; a VM that was destroyed can be restored from its points.',
      cause,
    })
  }
}

/** This VM may not or cannot be protected. */
export class VmNotProtectableError extends XenkeepError {
  readonly code = 'VM_NOT_PROTECTABLE'
  constructor(name: string, why: string) {
    super(`The VM "${name}" cannot be backed up: ${why}.`, {
      advice: 'Choose an ordinary VM, or change what stands in the way.',
    })
  }
}

/** Its disks are reset at each boot: nothing that is written to it lasts, and XenServer takes no snapshot of it. */
export class VmContentDiscardedError extends XenkeepError {
  readonly code = 'VM_CONTENT_DISCARDED'
  constructor(name: string) {
    super(
      `The VM "${name}" is not backed up: content is discarded at logoff. XenServer resets its disks at each boot and takes no snapshot of them.`,
      {
        advice:
          'Back up its master image instead. If it has to keep what is written, shut it down and set on_boot of its disks to "persist".',
      },
    )
  }
}

/** The VM is on its way to another host or storage repository. */
export class VmMigratingError extends XenkeepError {
  readonly code = 'VM_MIGRATING'
  constructor(name: string) {
    super(`The VM "${name}" is being migrated.`, {
      advice: 'The backup is tried again when the migration has ended.',
      retryable: true,
    })
  }
}

/** A snapshot lacks a disk or has a foreign one. */
export class SnapshotIncompleteError extends XenkeepError {
  readonly code = 'SNAPSHOT_INCOMPLETE'
  constructor(name: string, why: string) {
    super(`The snapshot of the VM "${name}" is not complete: ${why}.`, {
      advice:
        'The snapshot was removed; run the backup again when the disks of the VM are at rest.',
      retryable: true,
    })
  }
}

/** A stream from or to XenServer broke: cut short, failed inside, silent for too long, or not of its format. */
export class StreamBrokenError extends XenkeepError {
  readonly code: 'EXPORT_FAILED' | 'STREAM_TRUNCATED' | 'STREAM_STALLED' | 'STREAM_INVALID'
  constructor(code: StreamBrokenError['code'], what: string, why: string, cause?: unknown) {
    super(`${what} failed: ${why}.`, {
      advice:
        'The disk is read again by itself; if this lasts, check the storage repository and the log of the host.',
      retryable: true,
      cause,
    })
    this.code = code
  }
}

/** The NBD server refused, closed the connection or broke the protocol. */
export class NbdFailedError extends XenkeepError {
  readonly code = 'NBD_FAILED'
  /** False where another connection to the same host cannot help (wrong certificate, wrong size). */
  readonly reconnect: boolean
  constructor(
    address: string,
    why: string,
    { reconnect = true, cause }: { reconnect?: boolean; cause?: unknown } = {},
  ) {
    super(`Reading over NBD from ${address} failed: ${why}.`, {
      advice:
        'The disk is read another way; to use NBD again, check the host and its NBD network (TCP 10809).',
      retryable: true,
      cause,
    })
    this.reconnect = reconnect
  }
}

/** Where the disks should go does not exist or cannot be written. */
export class RestoreTargetError extends XenkeepError {
  readonly code = 'RESTORE_TARGET'
  constructor(why: string, cause?: unknown) {
    super(`The VM cannot be restored there: ${why}.`, {
      advice: 'Name a storage repository of this pool that is attached and has room.',
      cause,
    })
  }
}
