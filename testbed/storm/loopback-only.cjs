// Preloaded into the server of a storm: whatever it is told to ask, no request leaves the loopback.
const { Socket } = require('node:net');

const NEAR = /^(localhost|127\.\d+\.\d+\.\d+|::1|\[::1\])$/;
const { connect } = Socket.prototype;

Socket.prototype.connect = function connectNearby(...given) {
  const options = given.flat().find((part) => typeof part === 'object' && part !== null) ?? {};
  if (options.path === undefined && !NEAR.test(options.host ?? 'localhost')) {
    process.nextTick(() => this.destroy(Object.assign(new Error('not on the loopback'), { code: 'ENETUNREACH' })));
    return this;
  }
  return connect.apply(this, given);
};
