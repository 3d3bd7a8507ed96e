/** What a XAPI failure means to a person, and which of our stable codes it gets (XAPI error list; RBAC and SM errors). */
export interface XapiFailure {
  code: string
  message: string
  advice: string
  retryable: boolean
}

interface Meaning {
  code: string
  /** One clause about what went wrong, without a full stop; `$1` … stand for XAPI's parameters. */
  says: string
  advice: string
  retryable?: true
}

const RETRY = 'XenKeep tries again by itself; if this lasts, look at the host.'

const MEANINGS: Record<string, Meaning> = {}

const meaning = (
  xapiCodes: string,
  code: string,
  says: string,
  advice: string,
  retryable?: true,
) => {
  for (const xapiCode of xapiCodes.split(' '))
    MEANINGS[xapiCode] = { code, says, advice, ...(retryable && { retryable }) }
}

meaning(
  'SESSION_AUTHENTICATION_FAILED',
  'XAPI_WRONG_PASSWORD',
  'XenServer refused the user name or the password of "$1"',
  'Correct the user or the password file of the pool; XenKeep does not try again by itself, so the account is not locked.',
)
meaning(
  'SESSION_AUTHORIZATION_FAILED RBAC_PERMISSION_DENIED',
  'XAPI_PERMISSION_DENIED',
  'the role of the XenServer user is too small ($1)',
  'VMs take the role "vm-power-admin" or higher, the metadata of a pool and its hosts the role "pool-admin": give it to the user in XenCenter or with "xe subject-role-add".',
)
meaning(
  'SESSION_INVALID',
  'XAPI_SESSION_LOST',
  'XenServer ended the session',
  'XenKeep logs in again by itself; if this lasts, look for a restarting toolstack.',
  true,
)
meaning(
  'HOST_IS_SLAVE',
  'XAPI_NOT_COORDINATOR',
  'the host is not the coordinator of its pool; $1 is',
  'XenKeep follows the coordinator by itself; if it cannot, set its address and fingerprint.',
  true,
)
meaning(
  'HOST_STILL_BOOTING HOST_OFFLINE CANNOT_CONTACT_HOST HOST_NOT_LIVE HOST_HAS_NO_MANAGEMENT_IP HOST_MASTER_CANNOT_TALK_BACK HOST_UNKNOWN_TO_MASTER HOST_ITS_OWN_SLAVE HOST_BROKEN HA_SHOULD_BE_FENCED TLS_CONNECTION_FAILED',
  'XAPI_HOST_TROUBLE',
  'a host of the pool is not ready',
  'Wait until the host has started, or repair its connection to the coordinator.',
  true,
)
meaning('TOO_MANY_PENDING_TASKS TOO_BUSY', 'XAPI_BUSY', 'XenServer has too much to do', RETRY, true)
meaning(
  'OTHER_OPERATION_IN_PROGRESS',
  'XAPI_LOCKED',
  'another operation holds the $1',
  'Wait for the other operation, or cancel it in XenCenter.',
  true,
)
meaning(
  'VDI_IN_USE',
  'VDI_IN_USE',
  'the disk is attached or locked elsewhere',
  'XenKeep tries again by itself; if this lasts, find the VBD that holds the disk ("xe vbd-list vdi-uuid=…").',
  true,
)
meaning(
  'VM_BAD_POWER_STATE',
  'VM_WRONG_STATE',
  'the VM is $3 and would have to be $2',
  'Run the operation again when the VM is in that state.',
)
meaning(
  'OPERATION_BLOCKED',
  'XAPI_OPERATION_BLOCKED',
  'somebody blocked this operation for the VM ($2)',
  'Remove the block ("xe vm-param-remove param-name=blocked-operations …") if it is no longer wanted.',
)
meaning(
  'OPERATION_NOT_ALLOWED',
  'XAPI_NOT_ALLOWED',
  'XenServer does not allow this ($1)',
  'Change what the message names, then run it again.',
)
meaning(
  'HANDLE_INVALID UUID_INVALID OBJECT_NOLONGER_EXISTS',
  'XAPI_OBJECT_GONE',
  'the $1 is no longer there',
  'Run it again; if the object was removed on purpose, nothing needs to be done.',
)
meaning(
  'VM_IS_TEMPLATE VM_IS_SNAPSHOT',
  'VM_NOT_PROTECTABLE',
  'this is a template or a snapshot',
  'Choose an ordinary VM.',
)
meaning(
  'VM_HAS_VUSBS',
  'VM_NOT_PROTECTABLE',
  'the VM has a USB device attached, which forbids snapshots',
  'Detach the USB device from the VM, or back it up while it is detached.',
)
meaning(
  'VDI_ON_BOOT_MODE_INCOMPATIBLE_WITH_OPERATION VDI_IS_SHARABLE VDI_INCOMPATIBLE_TYPE',
  'VDI_NOT_PROTECTABLE',
  'one of the disks forbids snapshots (reset at boot, shared, or of a special kind)',
  'Exclude this disk from the backup, or change its settings.',
)
meaning(
  'SR_FULL SR_BACKEND_FAILURE_44 SR_BACKEND_FAILURE_78',
  'SR_FULL',
  'the storage repository has no room left',
  'Free some space on it (old snapshots, orphaned disks), then run it again; nothing was lost.',
)
meaning(
  'SR_BACKEND_FAILURE_109',
  'SR_CHAIN_TOO_LONG',
  'the disk has too long a chain of snapshots, and XenServer is behind with merging them',
  'Delete old snapshots and wait for the merge (coalesce), which can take hours.',
  true,
)
meaning(
  'SR_BACKEND_FAILURE_457 SR_BACKEND_FAILURE_458 SR_BACKEND_FAILURE_459 SR_BACKEND_FAILURE_460 VDI_NO_CBT_METADATA',
  'CBT_UNUSABLE',
  'the record of changed blocks cannot be used',
  'The next backup reads the disk in full and starts a new record by itself.',
)
meaning(
  'VDI_CBT_ENABLED',
  'CBT_IN_THE_WAY',
  'changed-block tracking is on and forbids this',
  'Switch it off for the disk ("xe vdi-disable-cbt"); the next backup reads the disk in full.',
)
meaning(
  'SR_HAS_NO_PBDS SR_NOT_ATTACHED SR_UNHEALTHY VDI_NOT_AVAILABLE VDI_MISSING VM_REQUIRES_SR SR_BACKEND_FAILURE_16 SR_BACKEND_FAILURE_24 SR_BACKEND_FAILURE_46 SR_BACKEND_FAILURE_47 SR_BACKEND_FAILURE_181 SR_BACKEND_FAILURE_200 SR_BACKEND_FAILURE_453',
  'SR_UNAVAILABLE',
  'the storage repository or the disk is not available ($2)',
  'Check that the storage repository is plugged on the host ("xe pbd-plug") and healthy.',
  true,
)
meaning(
  'SR_OPERATION_NOT_SUPPORTED UNIMPLEMENTED_IN_SM_BACKEND NOT_IMPLEMENTED',
  'SR_CANNOT',
  'this kind of storage repository cannot do that',
  'Use a storage repository of another kind, or another method.',
)
meaning(
  'VDI_IO_ERROR',
  'VDI_IO_ERROR',
  'reading or writing the disk failed on the host',
  'XenKeep tries the disk once more; if this lasts, check the storage of the host.',
  true,
)
meaning(
  'VDI_TOO_LARGE VDI_TOO_SMALL VDI_NOT_SPARSE VDI_READONLY',
  'VDI_UNSUITABLE',
  'the disk is too large, too small or not writable for this',
  'Choose another storage repository or another format.',
)
meaning(
  'LICENCE_RESTRICTION LICENSE_RESTRICTION FEATURE_RESTRICTED',
  'XAPI_LICENCE',
  'the licence of the pool does not include $1',
  'Assign a licence with this feature; until then XenKeep works without it where it can.',
)
meaning(
  'NO_HOSTS_AVAILABLE HOST_NOT_ENOUGH_FREE_MEMORY VM_REQUIRES_NETWORK VM_REQUIRES_GPU VM_HVM_REQUIRED VM_HOST_INCOMPATIBLE_VERSION VM_INCOMPATIBLE_WITH_THIS_HOST HOST_DISABLED BOOTLOADER_FAILED',
  'VM_CANNOT_START',
  'no host can start the VM',
  'The restored VM is complete: make room or enable a host, then start it.',
)
meaning(
  'HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN HA_IS_ENABLED VM_IS_PROTECTED',
  'XAPI_HA_FORBIDS',
  'high availability forbids this',
  'Change the restart priority of the VM or the number of tolerated failures.',
)
meaning(
  'DUPLICATE_MAC_SEED DUPLICATE_VM VM_TO_IMPORT_IS_NOT_NEWER_VERSION',
  'RESTORE_CONFLICT',
  'another VM of the pool is in the way of the restored one, such as a copy with the same seed of MAC addresses',
  'Remove the copy or its mac_seed, or restore as a new VM.',
)
meaning(
  'IMPORT_INCOMPATIBLE_VERSION',
  'VM_TOO_NEW',
  'the VM was made by a newer release than that of the pool',
  'Restore into a pool with newer hosts, or update the hosts first.',
)
meaning(
  'IMPORT_ERROR IMPORT_ERROR_PREMATURE_EOF IMPORT_ERROR_SOME_CHECKSUMS_FAILED IMPORT_ERROR_FAILED_TO_FIND_OBJECT IMPORT_ERROR_ATTACHED_DISKS_NOT_FOUND IMPORT_ERROR_UNEXPECTED_FILE VDI_LOCATION_MISSING',
  'IMPORT_REFUSED',
  'XenServer did not take the description of the VM ($1)',
  'Restore as a new VM, and report this.',
)
meaning(
  'RESTORE_INCOMPATIBLE_VERSION',
  'POOL_RESTORE_REFUSED',
  'the database is of another release (its schema is not that of the host)',
  'Install the release and updates that the pool had when it was backed up; "xenkeep points" shows the schema.',
)
meaning(
  'RESTORE_TARGET_MISSING_DEVICE RESTORE_TARGET_MGMT_IF_NOT_IN_BACKUP',
  'POOL_RESTORE_REFUSED',
  'the network interfaces of the host do not fit the database ($1)',
  'Interfaces are found by the names of their devices: the coordinator needs all that the old one had.',
)
meaning(
  'DEFAULT_SR_NOT_FOUND',
  'RESTORE_TARGET',
  'the pool has no default storage repository',
  'Name the storage repository for the restore, or set a default one.',
)
meaning(
  'TASK_CANCELLED',
  'XAPI_TASK_CANCELLED',
  'the task was cancelled on the XenServer side',
  'Run it again, unless it was cancelled on purpose.',
  true,
)
meaning(
  'NOT_SUPPORTED_DURING_UPGRADE',
  'XAPI_UPGRADING',
  'the pool is in the middle of a rolling upgrade',
  'Wait until the upgrade of all hosts is complete.',
  true,
)
meaning(
  'MESSAGE_METHOD_UNKNOWN MESSAGE_REMOVED MESSAGE_PARAMETER_COUNT_MISMATCH',
  'XAPI_TOO_OLD',
  'this release of XenServer does not know the call $1',
  'Update XenServer, or choose another method.',
)

/** References say nothing to a person, and that of a session is a secret: whoever has it acts as us. */
const withoutReferences = (text: string): string => text.replace(/OpaqueRef:[\w-]+/g, '').trim()

const insert = (says: string, parameters: readonly string[]): string =>
  says.replace(/\$(\d)/g, (_, index: string) => parameters[Number(index) - 1] || 'no detail given')

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** What a code means where a stream was asked for (its words stand in `during`), not a message such as `VM.start`. */
const OF_STREAMS: Record<string, Meaning> = {
  // XAPI looks for a host that sees all the storage, and answers so where there is none.
  NO_HOSTS_AVAILABLE: {
    code: 'SR_UNAVAILABLE',
    says: 'no host of the pool reaches the storage repository',
    advice: 'Check that the storage repository is plugged on the host ("xe pbd-plug") and healthy.',
    retryable: true,
  },
}

const isMessage = (during: string): boolean => /^\w+\.\w+$/.test(during)

/**
 * @param xapiCode first member of `ErrorDescription`
 * @param parameters the others; they never hold a password, but may hold references
 * @param during the XAPI message or HTTP handler
 */
export const explainXapiFailure = (
  xapiCode: string,
  parameters: readonly string[],
  during: string,
): XapiFailure => {
  const known = (isMessage(during) ? undefined : OF_STREAMS[xapiCode]) ?? MEANINGS[xapiCode]
  const details = parameters.map(withoutReferences)
  if (known)
    return {
      code: known.code,
      message: `${capitalized(insert(known.says, details))} (${during}: ${xapiCode}).`,
      advice: known.advice,
      retryable: known.retryable ?? false,
    }
  const detail = details.filter(text => text !== '').join(', ')
  return {
    code: xapiCode.startsWith('SR_BACKEND_FAILURE_') ? 'SR_FAILED' : 'XAPI_FAILED',
    message: `XenServer answered ${xapiCode} to ${during}${detail ? ` (${detail})` : ''}.`,
    advice: 'Look up this message in the XenServer documentation and in the log of the host.',
    retryable: false,
  }
}
