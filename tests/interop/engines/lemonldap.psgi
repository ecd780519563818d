# LemonLDAP::NG's portal with what it shows, which a web server in front of it has otherwise.
use strict;
use warnings;

use Lemonldap::NG::Portal;
use Plack::App::File;
use Plack::Builder;

my $portal = Lemonldap::NG::Portal->run( {} );

builder {
    mount '/static' => Plack::App::File->new( root => '/usr/share/lemonldap-ng/portal/htdocs/static' )->to_app;
    mount '/javascript' => Plack::App::File->new( root => '/usr/share/javascript' )->to_app;
    mount '/' => sub {
        my ($request) = @_;

        # as a web server names a program
        return $portal->( { %$request, SCRIPT_NAME => '', SCRIPT_FILENAME => '/index.psgi' } );
    };
};
