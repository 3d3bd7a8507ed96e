/** Words of the page that reads files of a recovery point. */
export const files = {
  title: 'Files',
  description:
    'Looks into the disks of a recovery point and downloads files from it. Nothing is changed, and every download is recorded with its path.',
  points: {
    title: 'Recovery points',
    description: 'Newest first. Choose the one to look into.',
    taken: 'Taken',
    vm: 'Virtual machine',
    consistency: 'Consistency',
    disks: 'Disks',
    disksOf: (n: number, size: string) => `${n.toLocaleString('en')}, ${size}`,
    noDisks: 'None: there are no files to read',
    open: 'Browse files',
    openOf: (vm: string, when: string) => `Browse files of ${vm}, ${when}`,
    empty: 'No recovery points',
    emptyAdvice: 'Back the virtual machine up first; its points appear here.',
  },
  point: {
    loading: 'Loading the recovery point …',
    failed: 'The recovery point could not be loaded',
    gone: 'There is no such recovery point',
    goneAdvice: 'It was deleted or has expired, or the address is not that of a point.',
    other: 'Choose another point',
    of: (vm: string) => `Files of ${vm}`,
    noDisks: 'This point has no disks',
    noDisksAdvice: {
      'pool-metadata':
        'It keeps the database of a pool, and no disk with files. Choose a point of a virtual machine.',
      host: 'It keeps the control domain of a host as an archive, and no disk. "xenkeep serve" and the restore of hosts use it. Choose a point of a virtual machine.',
      other: 'No disk of the machine is in it. Choose another point.',
    },
  },
  look: {
    begin: 'Read its files',
    needsApproval:
      'Here another person has to approve each restore, and reading files is one. Keep this page open until they have: the key that makes the answers readable lives in this page alone.',
    waiting: 'Somebody else has to approve',
    waitingAdvice:
      'Keep this page open: it goes on by itself when they have. Who leaves it has to ask again.',
    showRun: 'Show the run',
    starting: 'The gateway opens the recovery point …',
    insecure:
      'Answers of the gateway are decrypted in the browser, which does that only on pages that came by HTTPS or from this machine itself.',
    insecureAdvice:
      'Open the console by HTTPS, or at the address that "xenkeep console" tells on the machine itself. Or use "xenkeep files" there.',
    startFailed: 'The files cannot be read',
    startRefused: 'The files could not be asked for',
    away: 'How the gateway is doing cannot be seen just now. What is shown stays; this page tries again by itself.',
    slow: 'No gateway has taken this up yet. One that does not answer is on the page Gateways.',
    gateways: 'Show the gateways',
    endedTitle: 'The gateway has closed the recovery point',
    ended:
      'It does so five minutes after the last question, after an hour, and when somebody cancels the run. What is shown stays, and your place too.',
    again: 'Start again',
    end: 'Close the point',
    endFailed: 'The point could not be closed',
  },
  way: {
    label: 'Where you are',
    volumes: 'Volumes',
    top: '/',
  },
  volumes: {
    title: 'Volumes',
    description: 'Partitions and logical volumes of its disks.',
    name: 'Volume',
    size: 'Size',
    fileSystem: 'File system',
    unknown: 'None that is known',
    label: 'Label',
    loading: 'Looking for volumes …',
    empty: 'The disks of this point hold no volume',
    emptyAdvice: 'They are empty, encrypted, or of a kind that cannot be read here.',
    open: (name: string) => `Open volume ${name}`,
    told: (n: number) => `${n.toLocaleString('en')} ${n === 1 ? 'volume' : 'volumes'}.`,
  },
  list: {
    name: 'Name',
    size: 'Size',
    modified: 'Changed',
    type: 'Type, rights',
    contentsOf: (where: string) => `What is there: ${where}`,
    download: 'Download',
    types: {
      file: 'File',
      directory: 'Folder',
      link: 'Link',
      'block device': 'Device',
      'character device': 'Device',
      pipe: 'Pipe',
      socket: 'Socket',
      other: 'Something else',
    },
    leadsTo: 'leads to ',
    owner: (mode: string, uid: number, gid: number) => `${mode}, user ${uid}, group ${gid}`,
    unsaid:
      'Its name is not UTF-8, so it cannot be asked for by name: download the folder that it is in.',
    loading: (where: string) => `Reading ${where} …`,
    loadingFor: (seconds: number) =>
      `${seconds} s so far. What has to come from far away takes longer the first time.`,
    told: (where: string, n: number) =>
      `${where}: ${n.toLocaleString('en')} ${n === 1 ? 'entry' : 'entries'}.`,
    failed: (where: string) => `${where} could not be read`,
    empty: 'This folder is empty',
    noMatch: 'No name here has that in it',
    clear: 'Show all',
    find: 'Find a name in this folder',
    matches: (n: number) => `${n.toLocaleString('en')} ${n === 1 ? 'match' : 'matches'}`,
    cut: (n: number, of: number) =>
      `Only the first ${n.toLocaleString('en')} of ${of.toLocaleString('en')} entries are here, by name. "xenkeep files" lists all; downloading the folder takes all, too.`,
    downloadAll: 'Download this folder',
    downloadVolume: 'Download this volume',
    open: (name: string) => `Open folder ${name}`,
    downloadFile: (name: string) => `Download ${name}`,
    downloadFolder: (name: string) => `Download folder ${name} as tar`,
    tooLarge: (limit: string) =>
      `Larger than ${limit}, which a browser does not hold: use "xenkeep files", or restore the disk.`,
    closed: 'The point is closed: start again first.',
    again: 'Read again',
  },
  parts: {
    missing: (status: number | undefined) =>
      status === undefined
        ? 'The place where answers of the gateway are put for this page cannot be reached.'
        : `The place where answers of the gateway are put for this page refused (HTTP ${status}).`,
    advice:
      'Ask again. If it stays so, have somebody look whether this browser may reach that place: the control plane, or its bucket for transit.',
  },
  notes: {
    title: 'What the reader of the files has to say',
    of: (what: string) => `What the reader of the files says of ${what}`,
    more: (n: number) => `and ${n.toLocaleString('en')} more`,
  },
  downloads: {
    title: 'Downloads',
    description:
      'They are decrypted in this page and given to the browser when they are complete. Leaving the page cancels what is under way.',
    waiting: 'Waits for its turn',
    soFar: (done: string) => `${done} so far`,
    of: (done: string, all: string) => `${done} of ${all}`,
    done: 'Complete',
    doneInPart: 'Not all could be read',
    saved: (bytes: string, name: string) => `${bytes}, saved as ${name}`,
    cancelled: 'Cancelled',
    cancel: 'Cancel',
    cancelOf: (name: string) => `Cancel the download of ${name}`,
    again: 'Try again',
    againOf: (name: string) => `Try again: ${name}`,
    failed: (name: string) => `${name} was not downloaded`,
    remove: 'Remove from the list',
    removeOf: (name: string) => `Remove from the list: ${name}`,
    toldDone: (name: string) => `Download of ${name} complete.`,
    toldFailed: (name: string) => `Download of ${name} failed.`,
  },
} as const
