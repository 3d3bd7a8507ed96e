import type { SiteAbout, SiteSkip } from '../contracts/site-graph.ts'
import type { RestorePhase } from '../contracts/site-restore-plan.ts'
import type { Step } from './restore-steps.ts'
import { namesOf, quoted } from './words.ts'

/** What a plan is made for. */
export interface Of {
  site: string
  about: SiteAbout | undefined
  /** Phases in which something comes back. */
  phases: ReadonlySet<RestorePhase>
  /** Pools of the site. */
  pools: readonly string[]
  skips: readonly SiteSkip[]
}

const manual = (
  phase: RestorePhase,
  id: string,
  told: Pick<Step, 'title' | 'does' | 'confirm'> & Partial<Pick<Step, 'dangers' | 'optional'>>,
): Step => ({ ...{ id: `${phase}:${id}`, phase, kind: 'manual', dangers: [] }, ...told })

/** What only a person can do, by the phase that it belongs to: some before the members of the phase, some after them. */
export const manualSteps = (of: Of): { before: Step[]; after: Step[] } => {
  const { about, phases, pools } = of
  const has = (phase: RestorePhase) => phases.has(phase)
  const isCitrix = has('controllers') || has('databases')
  return {
    before: [
      manual('prepare', 'look', {
        title: 'Find out what is lost',
        does: [
          `Go through the parts of the site ${quoted(of.site)} and note which still work: each step below that brings back something that works is left out, with a word why.`,
          'Restore into a network where the broken machines are switched off: two machines of one name and address do harm to each other.',
        ],
        confirm: 'It is known what is lost, and nobody else works on it.',
      }),
      ...(isCitrix
        ? [
            manual('prepare', 'freeze', {
              title: 'Keep the site as it is while it comes back',
              does: [
                'Nobody changes anything in Citrix Studio or by the SDK. Put the delivery groups into maintenance mode.',
                'On a controller that still runs, stop what writes to the databases: Set-LogSite -State Disabled, and Set-MonitorConfiguration -DataCollectionEnabled $false.',
              ],
              confirm: 'Nobody administers the site, and no collection writes to its databases.',
            }),
          ]
        : []),
    ],
    after: [
      ...(has('pools')
        ? [
            manual('pools', 'check', {
              title: 'Check the pools',
              does: [
                'Every pool has its hosts, its networks and its storage: "xenkeep pools" shows what gateways see, xe sr-list and xe network-list on the coordinator what is there.',
              ],
              confirm: 'Every pool that is needed has its hosts, networks and storage.',
            }),
          ]
        : []),
      ...(has('directory')
        ? [
            manual('directory', 'check', {
              title: 'Check the directory',
              does: [
                'On each domain controller: dcdiag shows no failed test, repadmin /showrepl shows replication, SYSVOL and NETLOGON are shared (net share).',
                'A domain controller that found its new VM-GenerationID says so in the log "Directory Service": events 1109 and 2170.',
                'Where every domain controller of a domain was lost, this is a forest recovery: the first that comes back has to be made authoritative for SYSVOL, take the FSMO roles and raise its RID pool, before a second is started.',
              ],
              confirm: 'Somebody of the domain can log on, and replication works.',
            }),
          ]
        : []),
      manual('network', 'check', {
        title: 'Check DNS and DHCP',
        does: [
          'From a machine of the site: nslookup finds the domain, the controllers and the SQL Servers by their full names, and a machine without a fixed address gets one.',
          'Correct records of servers that came back with another address.',
        ],
        confirm: 'Names of all servers are found, and addresses are given out.',
      }),
      ...(has('databases')
        ? [
            manual('databases', 'check', {
              title: 'Check the databases',
              does: [
                `The databases are online: ${databasesText(about)}`,
                'On a SQL Server that was made anew, make the logins of the machine accounts of all controllers (DOMAIN\\NAME$): the script that Get-BrokerDBSchema -ScriptType Login writes does it, and the same of the other services.',
              ],
              confirm:
                'Every database is online, and the machine accounts of the controllers may log in.',
            }),
          ]
        : []),
      ...(has('licences')
        ? [
            manual('licences', 'check', {
              title: 'Check the licences',
              does: [
                `${about?.licenseServer ? `The licence server ${quoted(about.licenseServer)}` : 'The licence server'} has the name that it had, letter for letter, and shows its licences.`,
                'Licences from files are bound to the host name in them: where the server has another one now, have Citrix allocate them to it anew (citrix.com, Manage Licenses) and import the new files in the Citrix Licensing Manager.',
                'Licences of the License Activation Service (all that Citrix gives out since 15 April 2026) belong to the registration of the machine, which no file holds: register the server with Citrix Cloud again (Licensing Manager, Settings, Usage and Statistics) and remove the lost one there. Products go on for up to 30 days with what they have cached.',
              ],
              confirm: 'The licence server gives out licences.',
            }),
          ]
        : []),
      ...(has('licences')
        ? pools.map(pool =>
            manual('licences', `pool:${pool}`, {
              title: `Give the pool ${quoted(pool)} its licence`,
              does: [
                'In XenCenter, or by xe host-apply-edition for each host, name the licence server that came back. It must not be done before: without a licence the pool loses changed-block tracking, and backups are read in full.',
              ],
              confirm: 'Every host of the pool has its licence, or never had one.',
              optional: true,
            }),
          )
        : []),
      ...(has('controllers')
        ? [
            manual('controllers', 'check', {
              title: 'Check the controllers and their databases',
              does: [
                'On each controller: every Get-*ServiceStatus says OK, and every Test-*DBConnection with its connection string too.',
                'Where the SQL Server has another name now: first set every connection to nothing, that of Admin last; then test the new string with each Test-*DBConnection; then set it, that of Admin first. A new one is refused while an old one is recorded. Take the list of services from Get-Command Set-*DBConnection; logging and monitoring each have a second connection, for their DataStore.',
              ],
              confirm: 'Every service of every controller says OK.',
              dangers: [
                'Until all controllers name the same databases, each may give desktops out that the other gives out too.',
              ],
            }),
          ]
        : []),
      ...(has('storefront')
        ? [
            manual('storefront', 'check', {
              title: 'Check the stores',
              does: [
                'The base URL answers with its certificate, the stores name the controllers that are there, and a user sees the desktops.',
                'A configuration that was exported is taken only by the very same version of StoreFront.',
              ],
              confirm: 'A user can sign in to a store.',
            }),
          ]
        : []),
      ...(has('images')
        ? [
            manual('images', 'check', {
              title: 'Check the images',
              does: [
                ...imagesText(about),
                'A VM that came back has no snapshots: take one of it, and give it a name that says of when it is.',
              ],
              confirm: 'Every image that a catalog needs is there and has a snapshot.',
            }),
          ]
        : []),
      manual('catalogs', 'reconcile', {
        title: 'Bring catalogs and pools to one state',
        does: [
          'The site database is as old as its backup. Machines that were made since are unknown to it, machines that were deleted since are missing: compare Get-ProvVM with the VMs of the pools, and Get-AcctADAccount with the directory.',
          'Take machines that are gone out of their catalogs (Remove-ProvVM -ForgetVM), and delete VMs and computer accounts that no catalog knows.',
          'Where an image was restored, give it to its catalog again (Publish-ProvMasterVMImage, or "Update Machines" in Studio).',
          ...catalogsText(about),
          ...pooledText(of),
        ],
        confirm:
          'Every machine of every catalog is there, or was taken out of it; every delivery group has its machines.',
        dangers: [
          'What is deleted here is gone: look at each name twice, above all at dedicated desktops.',
        ],
      }),
      manual('finish', 'open', {
        title: 'Open the site',
        does: [
          'Turn on again what was stopped: Set-LogSite -State Enabled, Set-MonitorConfiguration -DataCollectionEnabled $true. Take the delivery groups out of maintenance mode.',
          'Log on as a user to a pooled and to a dedicated desktop.',
          'Run the policy of the site, so that the first point after the restore is there.',
        ],
        confirm: 'Users work, and a new point of the site was made.',
      }),
    ],
  }
}

const databasesText = (about: SiteAbout | undefined): string =>
  about && about.databases.length > 0
    ? `${about.databases.map(({ kind, server, database }) => `${quoted(database)} on ${quoted(server)} (${kind})`).join(', ')}.`
    : 'those of the site, of logging and of monitoring. No controller could be asked for their names when the point was made.'

const imagesText = (about: SiteAbout | undefined): string[] =>
  (about?.catalogs ?? [])
    .filter(({ image }) => image !== undefined)
    .slice(0, 20)
    .map(
      ({ name, image = '', snapshot }) =>
        `The catalog ${quoted(name)} is made of ${quoted(image)}${snapshot === undefined ? '' : `, snapshot ${quoted(snapshot)}`}.`,
    )

const MADE_BY = {
  MCS: 'Machine Creation Services',
  PVS: 'Citrix Provisioning',
  Manual: 'machines that people made',
} as const

/** What is to be compared of each catalog, as the controllers told of them when the point was made. */
const catalogText = ({
  name,
  provisioning,
  content,
  machines,
  groups = [],
}: SiteAbout['catalogs'][number]): string => {
  const count = machines === 1 ? '1 machine' : `${machines.toLocaleString('en')} machines`
  const check =
    provisioning === 'PVS'
      ? 'each target device has its vDisk and boots from it'
      : content === 'discarded'
        ? 'it is made of the image above, and what is missing is made anew'
        : 'each machine is the restored one, registers, and belongs to the user that it had'
  const inGroups =
    groups.length > 0
      ? ` Delivery group${groups.length > 1 ? 's' : ''} ${namesOf(groups)}: its machines are back in it.`
      : ''
  return `The catalog ${quoted(name)} (${MADE_BY[provisioning]}) had ${count}: see that ${check}.${inGroups}`
}

const CATALOGS_TOLD = 30

const catalogsText = (about: SiteAbout | undefined): string[] => {
  const all = about?.catalogs ?? []
  if (all.length === 0)
    return [
      'No controller could be asked for its catalogs when the point was made: Get-BrokerCatalog and Get-BrokerDesktopGroup list them.',
    ]
  const more = all.length - CATALOGS_TOLD
  return [
    ...all.slice(0, CATALOGS_TOLD).map(catalogText),
    ...(more > 0
      ? [`And ${more.toLocaleString('en')} more: site.json of the point names them.`]
      : []),
  ]
}

const pooledText = ({ skips, about }: Of): string[] => {
  const count = skips
    .filter(({ code }) => code === 'discarded')
    .reduce((sum, skip) => sum + skip.count, 0)
  if (count === 0) return []
  const catalogs = (about?.catalogs ?? []).filter(({ content }) => content === 'discarded')
  const of = catalogs.length > 0 ? ` of ${namesOf(catalogs.map(({ name }) => name))}` : ''
  return [
    `${count.toLocaleString('en')} pooled desktops${of} were not backed up, since their content is discarded at logoff: have their catalogs make those that are missing anew ("Add Machines" in Studio), with their former computer accounts.`,
  ]
}
