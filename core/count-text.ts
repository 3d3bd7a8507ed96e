/** @returns `1 VM`, `1,200 VMs`, or with its plural `2 tries`: for every count that somebody reads */
export const countText = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString('en')} ${count === 1 ? one : many}`
