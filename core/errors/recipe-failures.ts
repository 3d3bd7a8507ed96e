import { XenkeepError } from './base.ts'

/** SQL Server gave up a backup or a restore (Msg 3013); the message before it tells why. */
export class SqlBackupFailedError extends XenkeepError {
  readonly code = 'SQL_BACKUP_FAILED'
  constructor(why: string) {
    super(`SQL Server gave up the backup or restore: ${why}`, {
      advice:
        'See to what it names: room on the disk, the right of the SQL Server service account to write into the staging folder, a database that is in use or not online. The error log of SQL Server tells more.',
    })
  }
}

/** SQL Server cannot read a backup file (Msg 3241, 3242, 3243): it is damaged, cut off, or of a newer version. */
export class SqlBackupUnreadableError extends XenkeepError {
  readonly code = 'SQL_BACKUP_UNREADABLE'
  constructor(why: string) {
    super(`SQL Server cannot read the backup file: ${why}`, {
      advice:
        'Nothing was restored from it. Restore to a server of the same or a newer version with its cumulative updates (compressed backups of encrypted databases need SQL Server 2019 CU16 or newer), or take another recovery point.',
    })
  }
}

/** SQL Server does not let the account of the agent in (Msg 18456, 18452). */
export class SqlLoginFailedError extends XenkeepError {
  readonly code = 'SQL_LOGIN_FAILED'
  constructor(why: string) {
    super(`SQL Server does not let the agent in: ${why}`, {
      advice:
        'Make a login for the account that the agent runs as (CREATE LOGIN [DOMAIN\\ACCOUNT] FROM WINDOWS) and give it what the recipe names under "privileges". The error log of SQL Server tells the state of the refusal.',
    })
  }
}

/** SQL Server shows a certificate that the guest does not trust; sqlcmd from version 18 on asks for one. */
export class SqlCertificateUntrustedError extends XenkeepError {
  readonly code = 'SQL_CERTIFICATE_UNTRUSTED'
  constructor(why: string) {
    super(`The certificate of SQL Server is not trusted here: ${why}`, {
      advice:
        'Nothing was sent. Give SQL Server a certificate of your authority for its name (SQL Server Configuration Manager), or put the one that it has among the trusted root certificates of this machine; name the server as the certificate does.',
    })
  }
}

/** wbadmin made no backup. */
export class WindowsBackupFailedError extends XenkeepError {
  readonly code = 'WINDOWS_BACKUP_FAILED'
  constructor(why: string) {
    super(`Windows Server Backup made no backup: ${why}`, {
      advice:
        'Look at the log that it names under C:\\Windows\\Logs\\WindowsServerBackup, and at "vssadmin list writers"; the backup volume must not be one that is backed up, and needs room.',
    })
  }
}

/** The Volume Shadow Copy Service made no shadow copy. */
export class ShadowCopyFailedError extends XenkeepError {
  readonly code = 'SHADOW_COPY_FAILED'
  constructor(why: string) {
    super(`Windows made no shadow copy: ${why}`, {
      advice:
        'Look at "vssadmin list writers" and restart the service of a writer that failed; name another drive letter where the one for the shadow copy is in use.',
    })
  }
}

/** The PowerShell commands that a recipe needs are not on the guest. */
export class PowershellPartMissingError extends XenkeepError {
  readonly code = 'POWERSHELL_PART_MISSING'
  constructor(why: string) {
    super(`PowerShell does not have what the recipe needs: ${why}`, {
      advice:
        'Install the part that is named on the guest (Citrix SDK, Automated Configuration Tool, StoreFront), or run the recipe on a machine that has it.',
    })
  }
}

/** Windows, or the product on it, does not let the account of the agent do what a step does. */
export class GuestRightMissingError extends XenkeepError {
  readonly code = 'GUEST_RIGHT_MISSING'
  constructor(why: string) {
    super(`The account of the agent may not do this: ${why}`, {
      advice:
        'Give the account that the agent runs as what the recipe names under "privileges"; "xenkeep guests show GUEST" tells what that is.',
    })
  }
}
