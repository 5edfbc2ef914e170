//! Ports on which nothing listens: one where nothing will, and one for a server.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use socket2::{Domain, Socket, Type};

/// A port of this machine that is taken without listening: connections are refused, and no other test gets it meanwhile.
pub struct ClosedPort {
    address: SocketAddr,
    _socket: Socket,
}

impl ClosedPort {
    /// Takes a free one.
    #[must_use]
    pub fn take() -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).expect("a free port");
        let address = socket.local_addr().expect("it is bound").as_socket().expect("of IP");
        Self { address, _socket: socket }
    }

    /// Where it is.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// A free port below those that the system gives out by itself, so that nobody gets it while a server is not there yet, or stopped.
#[must_use]
pub fn free_port() -> u16 {
    loop {
        let port = ClosedPort::take().address().port() / 2;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}
