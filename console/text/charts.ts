export const charts = {
  asTable: 'As a table',
  tableOf: (title: string) => `${title}: as a table`,
  marks: 'Stands out',
} as const
