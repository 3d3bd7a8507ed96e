import type { XenkeepError } from '#core/errors/base.ts'

/** What a script learns from `$?`. Stable; described in docs/cli.md and `xenkeep --help`. */
export const ExitCode = {
  ok: 0,
  failed: 1,
  usage: 2,
  partly: 3,
  unreachable: 4,
  refused: 5,
  damaged: 6,
  /** 128 + SIGINT: following was ended from the keyboard, what was started goes on. */
  interrupted: 130,
} as const
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode]

export const EXIT_CODE_MEANINGS: readonly (readonly [ExitCode, string])[] = [
  [ExitCode.ok, 'all that was asked for is done'],
  [ExitCode.failed, 'it failed, or was cancelled'],
  [ExitCode.usage, 'the command line, what it names, or a setting is wrong; nothing was done'],
  [ExitCode.partly, 'partly done: some VMs succeeded, some did not; a replica lacks something'],
  [ExitCode.unreachable, 'not running or not reachable: XenKeep, a pool, or the repository'],
  [ExitCode.refused, 'not let in: passphrase, password, token, certificate or permission'],
  [ExitCode.damaged, 'the repository, or the chain of audit records, is damaged'],
  [ExitCode.interrupted, 'ended from the keyboard (Ctrl-C); a run that was started goes on'],
]

const codes = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/))

/** Every other code means `failed`. */
const FAMILIES: readonly (readonly [ExitCode, ReadonlySet<string>])[] = [
  [
    ExitCode.usage,
    codes(`KEY_SLOT_NOT_FOUND KEY_SLOT_IN_USE LAST_KEY_SLOT SHRED_NOT_CONFIRMED
      IDEMPOTENCY_KEY_REUSED IDEMPOTENCY_ANSWER_NOT_KEPT TOKEN_NOT_FOUND REGION_STANDBY REGION_NOT_CONFIRMED REGION_ALONE USAGE NOT_SET_UP CONTROL_URL_INVALID ALREADY_RUNNING SETTINGS_INVALID REQUEST_INVALID PORT_TAKEN DATA_DIRECTORY_TAKEN
      VM_NOT_FOUND VM_AMBIGUOUS COMPONENT_NOT_FOUND COMPONENT_AMBIGUOUS POINT_OF_OTHER_KIND HOST_NOT_FOUND RUN_NOT_FOUND POINT_NOT_FOUND POOL_NOT_FOUND SR_NOT_FOUND
      STORE_ADDRESS_INVALID XAPI_PLAIN_REFUSED NOT_A_REPOSITORY PREFIX_NOT_EMPTY PASSPHRASE_UNFIT
      REPOSITORY_EXISTS IMAGE_UNREADABLE BITMAP_INVALID NO_BASE_POINT OUTPUT_EXISTS OUTPUT_UNWRITABLE
      DISK_NOT_FOUND NOT_A_RECOVERY_POINT NOTHING_TO_CHECK MAINTENANCE_RUNNING REPLICA_NOT_FOUND REPLICA_BUSY REPLICA_PHASE STANDBY_EMPTY SOURCE_RUNS STANDBY_RUNS
      LISTEN_FAILED TLS_FILE_INVALID SERVE_CLEAR_REFUSED
      TOOL_MISSING FILES_UNSUPPORTED VOLUME_NOT_FOUND FILE_SYSTEM_UNKNOWN FILE_NOT_FOUND PATH_THROUGH_LINK
      LOCK_UNSUPPORTED LOCK_MODE_FIXED STORE_UNSUITABLE STORE_READ_ONLY
      STORE_WITHOUT_VERSIONS AWS_REGION_MISSING NOTHING_TO_BACK_UP
      GROUP_UNSUITABLE POLICY_NOT_FOUND POLICY_CHANGED POLICY_NAME_TAKEN POLICY_INVALID POLICY_EMPTY POLICY_BUSY WINDOW_CLOSED GATEWAY_NOT_FOUND GATEWAY_NAME_TAKEN RUN_ENDED
      RESTORE_REQUEST RESTORE_NO_SUCH_PART RESTORE_NETWORK VM_UUID_TAKEN VM_RUNS DISK_MISMATCH DISK_NOT_ATTACHABLE MEMORY_NOT_RESUMABLE`),
  ],
  [
    ExitCode.unreachable,
    codes(`NOT_RUNNING CONTROL_PLANE_UNREACHABLE GATEWAY_SILENT NO_MAINTENANCE_GATEWAY XAPI_UNREACHABLE XAPI_INTERRUPTED
      XAPI_HOST_TROUBLE KMS_UNAVAILABLE KMS_THROTTLED STORE_UNAVAILABLE STORE_MISSING CATALOG_UNAVAILABLE CONTROL_PLANE_BUSY REGION_LISTENS IDEMPOTENCY_KEY_IN_USE WORKFLOW_UNAVAILABLE GRANTS_UNAVAILABLE`),
  ],
  [
    ExitCode.refused,
    codes(`KMS_DENIED KMS_KEY_NOT_FOUND KMS_KEY_DISABLED KMS_KEY_PENDING_DELETION KMS_KEY_UNSUITABLE KMS_CIPHERTEXT_REFUSED
      KMS_UNTRUSTED WRONG_KMS_KEY KMS_KEY_UNNAMED REPOSITORY_SHREDDED WRONG_PASSPHRASE WRONG_RECOVERY_KEY RECOVERY_KEY_MISTYPED NO_KEY_SLOT PASSPHRASE_EMPTY PASSPHRASE_MISSING
      SECRET_UNREADABLE CERTIFICATE_UNKNOWN XAPI_CERTIFICATE_MISMATCH XAPI_TRUST_MISSING
      XAPI_WRONG_PASSWORD XAPI_PERMISSION_DENIED STORE_DENIED MAINTENANCE_DENIED STORE_UNTRUSTED CATALOG_DENIED OBJECT_LOCKED POINT_KEPT
      TOKEN_INVALID TOKEN_EXPIRED TOKEN_MISSING TOKEN_FILE_OPEN ROLE_MISSING
      TOKEN_REPLAYED GATEWAY_FOREIGN GATEWAY_REVOKED ROLE_INSUFFICIENT RETENTION_SHORTENED GRANT_REFUSED ENROLMENT_LIMITED APPROVAL_MISSING APPROVAL_REFUSED`),
  ],
  [
    ExitCode.damaged,
    codes(
      'AUDIT_CHAIN_BROKEN OBJECT_DAMAGED OBJECT_NOT_AUTHENTIC CHUNK_MISSING POINT_UNINTELLIGIBLE',
    ),
  ],
  [ExitCode.interrupted, codes('INTERRUPTED')],
]

/** @returns the exit code for an error that ends a command, by the family its stable code belongs to */
export const exitCodeOf = ({ code }: Pick<XenkeepError, 'code'>): ExitCode =>
  FAMILIES.find(([, members]) => members.has(code))?.[0] ?? ExitCode.failed
