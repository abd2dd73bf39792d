// Loaded into a server with NODE_OPTIONS=--import. The server exits with code 70 if its run changed a built-in
// prototype.

const shared = [Object, Array, String, Number, Boolean, Function, Map, Promise].map((one) => one.prototype as object)
const keys = (): string => shared.map((one) => Reflect.ownKeys(one).map(String).join(' ')).join('\n')
const before = keys()

process.on('exit', () => {
  if (keys() === before) return
  console.error(`a prototype was polluted:\n${keys()}`)
  process.exitCode = 70
})
