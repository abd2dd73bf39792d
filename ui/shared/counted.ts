/** `1 delivery`, `2,000 deliveries`. @param many the plural; default: `one` with an s */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`
}
